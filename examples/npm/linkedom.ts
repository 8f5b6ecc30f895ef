// The one place that names the document on which the examples draw, and its version.

export { parseHTML } from "npm:linkedom@0.18.12";
