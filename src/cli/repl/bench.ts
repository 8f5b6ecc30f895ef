// The command :bench: calls measured side by side, also in several tiers, in the columns of `deno bench`.

import { type Func, innerFunc } from "../../api/func.ts";
import { type TierName, TIERS } from "../../runtime/tier.ts";
import { f32FromBits, f64FromBits, fromRef } from "../../runtime/values.ts";
import { F32, F64, I32, I64, isRef } from "../../wasm/types.ts";
import { measure, type Measured } from "../bench.ts";
import { CommandError, UsageError } from "../exit.ts";
import { Progress } from "../progress.ts";
import { chosenTier } from "../tier.ts";
import { callWithValues, checkArgumentCount, type Value } from "../values.ts";
import type { Command } from "./command.ts";
import { columns } from "./print.ts";
import type { Output, Session } from "./session.ts";

/** A row of the table. */
interface Row extends Measured {
  readonly call: string;
  readonly tier: string;
}

/** Splits words at `;`, alone or at the end of a word. */
function splitCalls(words: readonly string[]): string[][] {
  const calls: string[][] = [[]];
  for (const word of words) {
    const end = word.length > 0 && word.endsWith(";");
    const part = end ? word.slice(0, -1) : word;
    if (part !== "") calls.at(-1)!.push(part);
    if (end) calls.push([]);
  }
  const whole = calls.filter((c) => c.length > 0);
  if (whole.length === 0) throw new UsageError("a call is missing");
  return whole;
}

/** A call without the shell's conversions around it: as JavaScript calls an export, where JavaScript has the values. */
function plainCall(session: Session, func: Func, values: readonly Value[]): () => void {
  const args: unknown[] = [];
  const { params, results } = innerFunc(func).type;
  const known = (t: number) => t === I32 || t === I64 || t === F32 || t === F64 || isRef(t);
  if (![...params, ...results].every(known)) return () => void callWithValues(func, values);
  for (const { type, bits } of values) {
    if (type === I32) args.push(Number(BigInt.asIntN(32, bits)));
    else if (type === I64) args.push(BigInt.asIntN(64, bits));
    else if (type === F32) args.push(f32FromBits(Number(BigInt.asIntN(32, bits))));
    else if (type === F64) args.push(f64FromBits(bits));
    else args.push(fromRef(session.store, type, Number(bits)));
  }
  const { exported } = func;
  return () => void exported(...args);
}

/** The call within the limits of the shell's calls. */
function limited(session: Session, call: () => void): () => void {
  const { engine, limits: { timeoutMs, fuel } } = session;
  if (timeoutMs === undefined && fuel === undefined) return call;
  return () => {
    if (fuel !== undefined) engine.fuel = fuel;
    engine.withDeadline(timeoutMs ?? Infinity, call);
  };
}

/** Runs `action` with all functions of an instance in a tier, as far as it has code for them, and puts them back. */
async function inTier<T>(session: Session, tier: TierName, action: () => Promise<T>): Promise<T> {
  const functions = session.current.instance.functions.filter((f) => !f.isHost);
  const before = functions.map((f) => ({ tier: f.tier, live: innerFunc(f).live }));
  try {
    for (const f of functions) f.tier = tier;
    return await action();
  } finally {
    functions.forEach((f, i) => {
      f.tier = before[i].tier;
      if (before[i].live) f.tier = "auto";
    });
  }
}

/** A time per call for people: three digits. */
function perCall(ms: number): string {
  const [n, unit] = ms < 1e-3
    ? [ms * 1e6, "ns"]
    : ms < 1
    ? [ms * 1e3, "µs"]
    : ms < 1000
    ? [ms, "ms"]
    : [ms / 1000, "s"];
  return `${n.toFixed(n < 100 ? 1 : 0)} ${unit}`;
}

function perSecond(ms: number): string {
  const n = 1000 / ms;
  return n.toLocaleString("en-US", { maximumFractionDigits: n < 1000 ? 1 : 0 });
}

function tableText(session: Session, rows: readonly Row[]): string {
  const severalTiers = new Set(rows.map((r) => r.tier)).size > 1;
  /** The fastest of those that a row is compared with: the same call in other tiers, or the other calls. */
  const best = (row: Row) => Math.min(...rows.filter((r) => !severalTiers || r.call === row.call).map((r) => r.avg));
  const head = ["benchmark", "time/iter (avg)", "iter/s", "(min … max)", "p75", "p99", "p995"];
  const body = rows.map((r) => [
    severalTiers ? `${r.call} (${r.tier})` : r.call,
    perCall(r.avg),
    perSecond(r.avg),
    `(${perCall(r.min)} … ${perCall(r.max)})`,
    perCall(r.p75),
    perCall(r.p99),
    perCall(r.p995),
  ]);
  const lines = [
    columns([
      rows.length > 1 ? [...head, "×"] : head,
      ...body.map((cells, i) => rows.length > 1 ? [...cells, `${(rows[i].avg / best(rows[i])).toFixed(2)}`] : cells),
    ], [1, 2, 3, 4, 5, 6, 7]),
  ];
  if (!severalTiers) lines.push(session.paint("note", `  tier ${rows[0].tier}`));
  if (rows.some((r) => r.perSample > 1)) {
    lines.push(session.paint("note", "  short calls are timed together, so that their extremes are those of means"));
  }
  return lines.join("\n");
}

async function bench(
  session: Session,
  words: readonly string[],
  tiers: readonly string[],
  ms: number,
): Promise<Output> {
  const calls = splitCalls(words).map((call) => {
    const { func } = session.func(call[0]);
    const { params } = innerFunc(func).type;
    const args = call.slice(1);
    checkArgumentCount(func, args.length);
    const values = args.map((word, i) => session.value(word, params[i]));
    return { text: call.join(" "), func, run: limited(session, plainCall(session, func, values)) };
  });
  const rows: Row[] = [];
  using progress = session.json ? undefined : new Progress(undefined);
  const one = async (tier: TierName | undefined) => {
    for (const { text, func, run } of calls) {
      const why = tier === undefined ? undefined : func.refusal(tier);
      if (why !== undefined) throw new CommandError(`${func.name} cannot run in ${tier}: ${why}`);
      const measured = await measure(run, {
        ms,
        between: async (part) => {
          progress?.tell(`${text}${tier === undefined ? "" : ` in ${tier}`}`, part);
          await new Promise((resolve) => setTimeout(resolve, 0));
          session.signal?.throwIfAborted();
        },
      });
      rows.push({ call: text, tier: tier ?? func.tier, ...measured });
    }
  };
  if (tiers.length === 0) await one(undefined);
  for (const tier of tiers) await inTier(session, tier as TierName, () => one(tier as TierName));
  const byCall = calls.flatMap(({ text }) => rows.filter((r) => r.call === text));
  const sorted = tiers.length > 1 ? [...new Set(byCall)] : rows;
  return { text: tableText(session, sorted), data: { benchmarks: sorted } };
}

export const BENCH_COMMANDS: readonly Command[] = [
  {
    name: "bench",
    args: "[--tiers interp,jit] [--ms N] <call> [; <call>]…",
    help: "measure calls side by side, in the columns of deno bench",
    more:
      `Each call is repeated for some 500 ms (--ms). With --tiers, all functions of the instance are moved to each of
these tiers and back. × is how many times longer than the fastest. Called as JavaScript calls an export.`,
    example: `:load examples/fib.wat
:bench --ms 20 fib 15; divide 17 5
:bench --ms 20 --tiers interp fib 15`,
    completes: ["call"],
    run(session, args) {
      const list = args.option("--tiers")?.split(",") ?? [];
      const ms = Number(args.option("--ms") ?? "500");
      if (!(ms > 0)) throw new UsageError("--ms needs a number above 0");
      for (const tier of list) {
        if (!TIERS.includes(tier as TierName)) {
          throw new UsageError(`there is no tier ${tier}; there are ${TIERS.join(", ")}`);
        }
        chosenTier(tier as TierName);
      }
      return bench(session, args.all(), list, ms);
    },
  },
];
