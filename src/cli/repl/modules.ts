// Commands about modules: :load, :wat, :unload, :use, :import, :info, :funcs.

import { type Func, innerFunc } from "../../api/func.ts";
import { type Imports, instantiateUnstarted } from "../../api/engine.ts";
import { innerInstance, type Instance } from "../../api/instance.ts";
import { gatherImports } from "../../api/missing_imports.ts";
import { innerModule, type Module } from "../../api/module.ts";
import type { Wasi } from "../../wasi/wasi.ts";
import { CommandError, UsageError } from "../exit.ts";
import { named } from "../compile.ts";
import { loadModule } from "../load_module.ts";
import { externText, funcTypeText } from "../../api/type_text.ts";
import { wasiOffer } from "../wasi.ts";
import type { Command } from "./command.ts";
import type { CallEnd } from "./debugger.ts";
import { Progress } from "../progress.ts";
import { columns, count, visible } from "./print.ts";
import { attempt, type Output, type Session } from "./session.ts";
import { wasiForLoad } from "./wasi.ts";
import { unquote } from "./words.ts";

const NAME = /^[A-Za-z0-9_$-][A-Za-z0-9_.$@/-]*$/;

/** Finds all imports of a module. Throws LinkError that names the missing ones. */
function findImports(session: Session, module: Module, wasi?: Wasi): Imports {
  return gatherImports(
    module,
    (wanted) => {
      const name = session.importNames.get(wanted.module) ?? wanted.module;
      const exports = session.loaded.get(name)?.instance.exports;
      return exports?.[wanted.name] ?? (wasi && wasiOffer(wasi, wanted)) ?? session.host.offer(wanted);
    },
    (missing) =>
      `load what exports ${missing.length === 1 ? "it" : "them"} first: :load <module> as ${missing[0].module}`,
  );
}

/** Makes an instance with what is loaded, WASI, and what the host offers. Throws LinkError that names missing imports. */
export function instantiate(session: Session, module: Module, wasi?: Wasi): Instance {
  return attempt(() => session.engine.instantiate(module, findImports(session, module, wasi)));
}

/** How many functions an instance has of its own, not imported. */
function ownFunctions(instance: Instance): number {
  const { funcs, module } = innerInstance(instance);
  return funcs.length - module.importedFuncs;
}

/** What a person wants to know of a new instance. */
function summary(session: Session, name: string, instance: Instance, replaced: boolean): Output {
  const { module } = instance, inner = innerInstance(instance);
  const own = ownFunctions(instance);
  const kept = instance.functions.filter((f) => f.tierReason !== undefined).length;
  const tier = kept === 0 ? session.engine.tier : `${session.engine.tier}, but ${kept} in interp, see :tier`;
  const has = [`${count(own, "function")} (tier ${tier})`];
  for (const m of inner.memories) has.push(`memory of ${count(m.pages, "page")}`);
  for (const t of inner.tables) has.push(`table of ${t.length}`);
  const exports = module.exports.map((e) => e.name);
  const shown = exports.length > 12 ? [...exports.slice(0, 12), `… ${exports.length - 12} more`] : exports;
  const text = `${replaced ? "replaced" : "loaded"} ${session.paint("head", name)}: ${has.join(", ")}` +
    (shown.length === 0 ? "" : `\n  exports ${shown.join(", ")}`);
  const data = { name, bytes: module.byteLength, functions: own, imports: module.imports.length, exports };
  return { text, data };
}

function load(
  session: Session,
  name: string,
  source: string,
  content: Uint8Array | string,
  progress?: (part: number) => void,
): Output {
  const module = named(source, () => session.engine.compile(content, { progress }));
  const wasi = wasiForLoad(session, name, module);
  if (innerModule(module).module.start !== undefined && session.debugger.stopsStartFunctions) {
    return loadStopping(session, name, source, module, wasi);
  }
  const instance = instantiate(session, module, wasi?.wasi);
  wasi?.ready(instance);
  const replaced = session.add({ name, source, instance }) !== undefined;
  return summary(session, name, instance, replaced);
}

/** The same for a module whose start function can stop. If that fails, the module is not loaded. */
function loadStopping(
  session: Session,
  name: string,
  source: string,
  module: Module,
  wasi: ReturnType<typeof wasiForLoad>,
): Output {
  const { instance, start } = attempt(() =>
    instantiateUnstarted(session.engine, module, findImports(session, module, wasi?.wasi))
  );
  const replaced = session.add({ name, source, instance }) !== undefined;
  const loaded = summary(session, name, instance, replaced);
  const ended: CallEnd = (end) => {
    if ("error" in end) {
      if (session.loaded.get(name)?.instance === instance) session.remove(name);
      throw end.error;
    }
    wasi?.ready(instance);
    return { text: session.paint("note", "the start function has ended"), data: { started: name } };
  };
  const ran = start!.isHost ? callHost(start!, ended) : session.debugger.runStartFunction(start!, ended);
  return { text: `${loaded.text}\n${ran.text}`, data: { ...loaded.data, ...ran.data } };
}

/** A host function has nothing to stop at. */
function callHost(start: Func, ended: CallEnd): Output {
  try {
    start.call();
  } catch (error) {
    return ended({ error });
  }
  return ended({ results: [] });
}

/** The functions that a pattern means: `*` stands for anything, without one it may stand anywhere in the name. */
function matcher(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  const text = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  const regex = new RegExp(pattern.includes("*") ? `^${text}$` : text, "i");
  return (name) => regex.test(name);
}

/** Functions that `:funcs` shows unless all are asked for. */
const SHOWN_FUNCTIONS = 200;

export const MODULE_COMMANDS: readonly Command[] = [
  {
    name: "load",
    aliases: ["l", "lo"],
    args: "<module> [as <name>]",
    help: "load a .wasm or .wat file, a URL, or npm:package@version/path, and use it",
    example: `:load examples/fib.wat as f
fib 10`,
    completes: ["file", "none"],
    async run(session, args) {
      const spec = unquote(args.need("the module"));
      let name: string | undefined;
      if (args.length > 0) {
        if (args.next() !== "as") throw new UsageError("after the module only `as <name>` may stand");
        name = args.need("the name");
        if (!NAME.test(name)) throw new UsageError(`${name} cannot be a name`);
      }
      args.end();
      const { signal } = session;
      using progress = session.json ? undefined : new Progress(`reading ${visible(spec)}`);
      const { name: short, source } = await loadModule(spec);
      signal?.throwIfAborted();
      const compiling = `compiling ${visible(spec)}`;
      return load(session, name ?? short, spec, source, (part) => progress?.tell(compiling, part));
    },
  },
  {
    name: "wat",
    args: "(module …)",
    takesText: true,
    help: "load a module in the text format; lines are read until its parentheses are closed",
    example: `:wat (module $adder
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))
add 2 3`,
    run(session, args) {
      const text = args.rest.trim();
      if (text === "") throw new UsageError("a module is missing");
      const module = session.engine.compile(text);
      let name = module.name ?? "module";
      for (let n = 2; module.name === undefined && session.loaded.has(name); n++) name = `module${n}`;
      return load(session, name, "the shell", text);
    },
  },
  {
    name: "use",
    args: "[name]",
    help: "choose the instance in which names are looked for, or list the instances",
    example: `:load examples/fib.wat
:load examples/fib.wat as other
:use fib
:use`,
    completes: ["instance"],
    run(session, args) {
      const name = args.next();
      args.end();
      if (name !== undefined) {
        session.use(name);
        return { text: `using ${session.paint("head", name)}`, data: { current: name } };
      }
      const current = session.hasCurrent ? session.current.name : undefined;
      const rows = [...session.loaded.values()].map((l) => [
        l.name === current ? "*" : " ",
        l.name,
        count(ownFunctions(l.instance), "function"),
        l.source,
      ]);
      const instances = [...session.loaded.values()].map((l) => ({ name: l.name, source: l.source }));
      return {
        text: rows.length === 0 ? "nothing is loaded yet" : columns(rows, [], ""),
        data: { current, instances },
      };
    },
  },
  {
    name: "unload",
    args: "[name]",
    help: "dispose of an instance; what nobody can reach any more goes with the next :gc",
    example: `:load examples/fib.wat
:unload fib
:gc`,
    completes: ["instance"],
    run(session, args) {
      const name = args.next() ?? session.current.name;
      args.end();
      session.use(name);
      session.remove(name);
      return { text: `unloaded ${name}`, data: { name } };
    },
  },
  {
    name: "import",
    args: "[module instance]",
    help: "let an instance of another name serve imports from a module, or list that",
    example: `:wat (module $numbers (func (export "seven") (result i32) (i32.const 7)))
:import env numbers
:wat (module $user (import "env" "seven" (func $seven (result i32)))
  (func (export "twice") (result i32) (i32.mul (call $seven) (i32.const 2))))
twice`,
    completes: ["none", "instance"],
    run(session, args) {
      const module = args.next();
      if (module !== undefined) {
        const name = args.need("the instance");
        args.end();
        if (!session.loaded.has(name)) throw new CommandError(`there is no instance ${name}; :use lists them`);
        session.importNames.set(module, name);
        return { text: `imports from ${module} come from ${name}`, data: { module, instance: name } };
      }
      const rows = [...session.importNames].map(([m, name]) => [m, "from", name]);
      const text = "imports come from the instance of the same name, then from the shell itself (printing, spectest)";
      return {
        text: rows.length === 0 ? text : `${text}, but\n${columns(rows)}`,
        data: { imports: Object.fromEntries(session.importNames) },
      };
    },
  },
  {
    name: "info",
    args: "[name or breakpoints]",
    help: "show what an instance imports, exports and holds; or what calls stop for",
    example: `:load examples/fib.wat
:info`,
    completes: ["instance"],
    run(session, args) {
      const name = args.next();
      args.end();
      if (name !== undefined && !session.loaded.has(name) && "breakpoints".startsWith(name)) {
        return session.debugger.points();
      }
      const loaded = name === undefined ? session.current : session.loaded.get(name);
      if (loaded === undefined) throw new CommandError(`there is no instance ${name}; :use lists them`);
      const { instance } = loaded;
      const { module } = instance, inner = innerInstance(instance);
      const own = instance.functions.filter((f) => innerFunc(f).instance === inner);
      const codeBytes = own.reduce((sum, f) => sum + f.codeBytes, 0);
      const compiled = own.filter((f) => f.codeBytes > 0).length;
      const lines = [
        `${session.paint("head", loaded.name)} from ${loaded.source}, ${module.byteLength} bytes`,
        columns([
          ["functions", `${own.length}, ${compiled} compiled to ${codeBytes} bytes of machine code`],
          ...inner.memories.map((m, i) => [`memory ${i}`, `${count(m.pages, "page")}, at most ${m.maxPages}`]),
          ...inner.tables.map((
            t,
            i,
          ) => [`table ${i}`, `${count(t.length, "entry", "entries")}, at most ${t.maxLength}`]),
          ["globals", String(inner.globals.length)],
        ]),
      ];
      const list = (title: string, rows: string[][]) => {
        if (rows.length > 0) lines.push(title, columns(rows));
      };
      list("imports", module.imports.map((i) => [`${i.module}.${i.name}`, externText(i.type)]));
      list("exports", module.exports.map((e) => [e.name, externText(e.type)]));
      const data = {
        name: loaded.name,
        source: loaded.source,
        bytes: module.byteLength,
        functions: own.length,
        compiled,
        codeBytes,
        memories: inner.memories.map((m) => ({ pages: m.pages, maximum: m.maxPages })),
        tables: inner.tables.map((t) => ({ length: t.length, maximum: t.maxLength })),
        globals: inner.globals.length,
        imports: module.imports,
        exports: module.exports,
      };
      return { text: lines.join("\n"), data };
    },
  },
  {
    name: "funcs",
    args: "[pattern] [--all]",
    help: "list functions with type, tier and sizes; in a pattern * stands for anything",
    example: `:load examples/fib.wat
:funcs fib*`,
    completes: ["function"],
    run(session, args) {
      const all = args.flag("--all");
      const fits = matcher(args.next());
      args.end();
      const { instance } = session.current;
      const inner = innerInstance(instance);
      const exported = new Set<unknown>(inner.exports.values());
      const functions = instance.functions.map((f, i) => ({ f, i, own: innerFunc(f).instance === inner }))
        .filter(({ f }) => fits(f.name));
      const shown = all ? functions : functions.slice(0, SHOWN_FUNCTIONS);
      const rows = shown.map(({ f, i, own }) => [
        String(i),
        f.name,
        funcTypeText(f.type),
        own ? f.tier : f.isHost ? "host" : "import",
        own ? `${f.bodyBytes} B` : "",
        f.codeBytes > 0 && own ? `→ ${f.codeBytes} B` : "",
        exported.has(innerFunc(f)) ? "export" : "",
      ]);
      const more = functions.length - shown.length;
      const rest = more > 0 ? `\n  … ${more} more; give a pattern, or --all` : "";
      const data = {
        functions: functions.map(({ f, i, own }) => ({
          index: i,
          name: f.name,
          type: funcTypeText(f.type),
          tier: own ? f.tier : undefined,
          wasmBytes: own ? f.bodyBytes : undefined,
          codeBytes: own ? f.codeBytes : undefined,
          exported: exported.has(innerFunc(f)),
        })),
      };
      return { text: rows.length === 0 ? "no function" : columns(rows, [0, 4]) + rest, data };
    },
  },
];
