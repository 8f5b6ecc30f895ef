// The one place that names the plotting library, the document on which it draws, and their versions.

export * from "npm:@observablehq/plot@0.6.17";
export { parseHTML } from "npm:linkedom@0.18.12";
