// The one place that names the plotting library of the examples and its version.

export * from "npm:@observablehq/plot@0.6.17";
