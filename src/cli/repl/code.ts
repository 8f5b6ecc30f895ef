// Commands about tiers and code: :tier, :asm, :dis.

import { CommandError, UsageError } from "../exit.ts";
import { type Func, innerFunc } from "../../api/func.ts";
import { innerInstance } from "../../api/instance.ts";
import type { TierChoice } from "../../engine/config.ts";
import { type TierName, TIERS } from "../../runtime/tier.ts";
import { chosenTier } from "../tier.ts";
import type { Command } from "./command.ts";
import { columns, count } from "./print.ts";
import type { Output, Session } from "./session.ts";
import type { Args } from "./words.ts";

const CHOICES: readonly string[] = [...TIERS, "auto"];

function isTier(word: string | undefined): word is TierChoice {
  return word !== undefined && CHOICES.includes(word);
}

/** Functions that can be moved between tiers: the current instance's own. */
function ownFunctions(session: Session): Func[] {
  const { instance } = session.current;
  return instance.functions.filter((f) => innerFunc(f).instance === innerInstance(instance));
}

function figures(functions: readonly Func[]): Output {
  const rows = functions.map((f) => [
    String(f.index),
    f.name,
    f.tier,
    f.codeBytes > 0 ? `${f.codeBytes} bytes of machine code` : f.tierReason ?? "",
  ]);
  const data = functions.map((f) => ({
    index: f.index,
    name: f.name,
    tier: f.tier,
    reason: f.tierReason,
    codeBytes: f.codeBytes,
  }));
  return { text: rows.length === 0 ? "no functions" : columns(rows, [0]), data: { functions: data } };
}

async function list(session: Session, args: Args, tier: TierName | undefined, bytes: boolean): Promise<Output> {
  const { func } = session.func(args.need("the function"));
  args.end();
  if (func.isHost) throw new UsageError(`${func.name} is a function of the host and has no code`);
  const why = tier === undefined ? undefined : func.refusal(tier);
  const listing = await func.disassemble(why === undefined ? tier : "interp");
  const rows = listing.rows.map((row) => ({
    ...row,
    machine: row.machine.map((m) => ({
      ...m,
      bytes: Array.from(m.bytes, (b) => b.toString(16).padStart(2, "0")).join(""),
    })),
  }));
  const { name, index, type, wasmBytes, codeBytes } = listing;
  return {
    text: (why === undefined ? "" : session.paint("note", `it stays in interp: ${why}`) + "\n") +
      listing.toString({ bytes, paint: session.paint }),
    data: { name, index, type, tier: listing.tier, wasmBytes, codeBytes, rows },
  };
}

async function translate(session: Session, args: Args): Promise<Output> {
  const { func } = session.func(args.need("the function"));
  args.end();
  if (func.isHost) throw new UsageError(`${func.name} is a function of the host and has no code`);
  const { toString, ...data } = await func.translation();
  return { text: toString(session.paint), data };
}

export const CODE_COMMANDS: readonly Command[] = [
  {
    name: "tier",
    args: "[function|*] [interp|fast|js|jit|auto]",
    help: "show in which tier functions run, or move one (or *, all) to another",
    more: `A move counts for the next calls, and for what runs: frames of machine code go on in interp.
interp  the interpreter: exact, and needs no permission
fast    an interpreter of translated code; needs no permission
js      JavaScript functions, which V8 compiles; need no permission
jit     machine code from one pass over the Wasm; needs --allow-ffi
auto    where the engine sees fit: interp at first, jit once it is hot (in a shell with --tier jit or
        interp: the fastest that can run here)
:moves shows what moved.`,
    example: `:load examples/fib.wat
:tier fib interp
fib 10
:tier * auto
:tier`,
    completes: ["function", "tier"],
    run(session, args) {
      let word = args.next();
      let tier = args.next();
      args.end();
      if (tier === undefined && isTier(word)) [word, tier] = ["*", word];
      if (word === undefined) return figures(ownFunctions(session));
      const functions = word === "*" ? ownFunctions(session) : [session.func(word).func];
      if (tier === undefined) return figures(functions);
      if (!isTier(tier)) throw new UsageError(`there is no tier ${tier}; there are ${CHOICES.join(", ")}`);
      for (const f of functions) {
        if (f.isHost) throw new UsageError(`${f.name} is a function of the host and has no tier`);
      }
      const chosen = chosenTier(tier);
      for (const f of functions) f.tier = chosen;
      const kept = functions.filter((f) => f.tierReason !== undefined);
      if (kept.length === functions.length && kept.length > 0) {
        throw new CommandError(`${kept[0].name} stays in interp: ${kept[0].tierReason}`);
      }
      const note = kept.length === 0 ? "" : `, but ${count(kept.length, "function")} in interp, which :tier lists`;
      const what = word === "*" ? count(functions.length, "function") : functions[0].name;
      const verb = word === "*" && functions.length !== 1 ? "run" : "runs";
      return {
        text: `${what} now ${verb} in tier ${session.paint("head", chosen)}${note}`,
        data: { tier: chosen, functions: functions.map((f) => f.name) },
      };
    },
  },
  {
    name: "asm",
    args: "<function> [--bytes] [--tier interp|fast|js|jit]",
    help: "show the machine code of a function under the Wasm it came from, traps drawn in",
    more: `The left column is the offset in the module, then (+) in the function's body; for machine code it is
the offset in the function's code, for register code (fast) the word there, for JavaScript (js) the line.
A function that runs in another tier is compiled for this, not moved.`,
    example: `:load examples/fib.wat
:asm fib
:asm fib --bytes --tier jit
:asm fib --tier js`,
    completes: ["function"],
    run(session, args) {
      const bytes = args.flag("--bytes");
      const tier = args.option("--tier") ?? "jit";
      if (!isTier(tier) || tier === "auto") throw new UsageError(`--tier is one of ${TIERS.join(", ")}, not ${tier}`);
      return list(session, args, tier, bytes);
    },
  },
  {
    name: "dis",
    args: "<function> [--fast]",
    help: "show a function's Wasm instructions with their offsets, or its register code beside them",
    more: `With --fast: the code that tier fast runs, each instruction with the Wasm instructions that went into it.
s3 is the frame's slot 3; an arrow stands before what is written and before where a jump leads.
direct  became this instruction            dead     is never reached
folded  is an operand of it                nothing  needs no code
fused   is done by it together with others`,
    example: `:load examples/fib.wat
:dis fib
:dis fib --fast`,
    completes: ["function"],
    run: (session, args) => args.flag("--fast") ? translate(session, args) : list(session, args, "interp", false),
  },
];
