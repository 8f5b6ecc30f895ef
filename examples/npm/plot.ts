// The plotting library of the examples, which is that of the shell.

export * from "../../src/cli/plot/library.ts";
