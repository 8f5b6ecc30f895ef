// What a profile says: functions, loops, the tree of calls, instructions, coverage. Plain data; who makes it is profile.ts.

import type { CountedInstruction } from "../validate/count_plan.ts";
import type { SourceLine } from "./source_lines.ts";

/** What is wanted of a profile. */
export interface ProfileOptions {
  /** Counts every instruction instead of taking samples; default no. */
  readonly exact?: boolean;
  /** Milliseconds between samples; default 1. */
  readonly interval?: number;
}

/** A function in a profile. Self and total are milliseconds of samples, or instructions. */
export interface ProfiledFunction {
  /** Its name: in the name section, else its first export, else `func[N]`. */
  readonly name: string;
  /** Its index in the module, of a loop that of its function; -1 for a function of the host. */
  readonly index: number;
  /** File and line where it begins, if the module tells. */
  readonly source: SourceLine | undefined;
  /** In the function itself. */
  readonly self: number;
  /** In it and what it called; undefined where only instructions are counted. */
  readonly total: number | undefined;
  /** Calls; undefined for samples. */
  readonly calls: number | undefined;
}

/** A loop in a profile. */
export interface ProfiledLoop {
  /** Its name: in the name section, else its first export, else `func[N]`. */
  readonly name: string;
  /** Its index in the module, of a loop that of its function; -1 for a function of the host. */
  readonly index: number;
  /** Byte offset of the `loop` in the module. */
  readonly offset: number;
  /** File and line where it begins, if the module tells. */
  readonly source: SourceLine | undefined;
  /** In the loop itself, inner loops left out: milliseconds of samples, or instructions. */
  readonly self: number;
  /** Passes of its head; undefined for samples. */
  readonly passes: number | undefined;
}

/** A function in the tree of calls. */
export interface ProfileNode {
  /** Its name: in the name section, else its first export, else `func[N]`. */
  readonly name: string;
  /** Its index in the module, of a loop that of its function; -1 for a function of the host. */
  readonly index: number;
  /** Milliseconds in itself. */
  readonly self: number;
  /** Milliseconds in it and what it called. */
  readonly total: number;
  /** What it called, what took longest first. */
  readonly children: readonly ProfileNode[];
}

/** What of something there is, and what was run. */
export interface Covered {
  /** How many were run. */
  readonly run: number;
  /** How many there are. */
  readonly of: number;
}

/** The counts of one function's instructions. */
export interface FunctionCounts {
  /** Its name: in the name section, else its first export, else `func[N]`. */
  readonly name: string;
  /** Its index in the module, of a loop that of its function; -1 for a function of the host. */
  readonly index: number;
  /** File and line where it begins, if the module tells. */
  readonly source: SourceLine | undefined;
  /** Its calls. */
  readonly calls: number;
  /** How often each of its instructions ran. */
  readonly instructions: readonly CountedInstruction[];
  /** How often each branch went which way: its condition held, or not; for a `br_table`, each label, the default last. */
  readonly branches: readonly { readonly offset: number; readonly counts: readonly number[] }[];
}

/** One sample: the functions on the stack, the outermost first, and where the innermost stood. */
export interface ProfileSample {
  /** Milliseconds since the profile began. */
  readonly at: number;
  /** Milliseconds that it stands for. */
  readonly weight: number;
  /** Indices into `frames` of the profile. */
  readonly stack: readonly number[];
  /** Byte offset in the module where the innermost stood. */
  readonly offset: number;
}

/** What of a module was run. */
export interface Coverage {
  /** Functions that were called. */
  readonly functions: Covered;
  /** Instructions that ran. */
  readonly instructions: Covered;
  /** Lines of the sources with an instruction that ran; undefined where the module does not tell them. */
  readonly lines: Covered | undefined;
}

/** A function on the stack of samples. */
export interface ProfileFrame {
  /** Its name. */
  readonly name: string;
  /** Its index in its module. */
  readonly index: number;
  /** File and line where it begins, if the module tells. */
  readonly source: SourceLine | undefined;
}

/** What a profile found. */
export interface Profile {
  /** What it was made of. */
  readonly mode: "samples" | "counts";
  /** Milliseconds from its beginning to its end, whatever ran then. */
  readonly ms: number;
  /** What self and total are of: milliseconds of samples together, or instructions. */
  readonly sum: number;
  /** The unit of these. */
  readonly unit: "ms" | "instructions";
  /** Functions, those with most in themselves first. */
  readonly functions: readonly ProfiledFunction[];
  /** Loops, likewise. */
  readonly loops: readonly ProfiledLoop[];
  /** Of samples: the outermost functions. */
  readonly tree: readonly ProfileNode[];
  /** Of counts: how often each instruction ran, the most frequent first. */
  readonly mix: readonly { readonly opcode: string; readonly count: number }[];
  /** Of counts: what was run of the module. Lines where they are known. */
  readonly coverage: Coverage | undefined;
  /** Of samples: each, if there were no more than a million. */
  readonly samples: readonly ProfileSample[];
  /** Functions of the samples. */
  readonly frames: readonly ProfileFrame[];
  /** Of counts: the instructions of each function. */
  readonly counts: readonly FunctionCounts[];
}
