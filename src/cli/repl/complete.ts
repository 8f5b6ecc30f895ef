// Tab completion: takes the line up to the cursor, gives what the last word may become. Never asks for a permission.

import { innerModule } from "../../api/module.ts";
import { TIERS } from "../../runtime/tier.ts";
import type { Completes } from "./command.ts";
import { COMMANDS, findCommand } from "./commands.ts";
import { MEMORY_ACTIONS } from "./memory.ts";
import { functionNames, type Session } from "./session.ts";

/** What `node:readline` wants: candidates, and the part of the line that they replace. */
export type Completion = [candidates: string[], replaced: string];

/** Completes a line. */
export function complete(session: Session, line: string): Completion {
  const word = /\S*$/.exec(line)![0];
  const before = line.slice(0, line.length - word.length).trim();
  if (before === "") {
    if (word.startsWith(":")) return among(word, COMMANDS.map((c) => `:${c.name} `));
    const functions = [...candidates(session, "function", word), ...otherInstances(session)];
    return among(word, word === "" ? [...functions, ...COMMANDS.map((c) => `:${c.name} `)] : functions);
  }
  if (!before.startsWith(":")) return among(word, candidates(session, "function", word));
  const [name, ...words] = before.slice(1).split(/\s+/);
  let completes;
  try {
    completes = findCommand(name).completes;
  } catch {
    return [[], word];
  }
  const kinds = completes ?? [];
  const kind = kinds[words.length] ?? (kinds.at(-1) === "call" ? "function" : "none");
  return among(word, candidates(session, kind, word));
}

function among(word: string, all: readonly string[]): Completion {
  return [all.filter((c) => c.startsWith(word)), word];
}

function candidates(session: Session, kind: Completes, word: string): string[] {
  const instance = session.hasCurrent ? session.current.instance : undefined;
  switch (kind) {
    case "none":
      return [];
    case "file":
      return files(word);
    case "command":
      return COMMANDS.map((c) => c.name + " ");
    case "tier":
      return [...TIERS, "auto"].map((t) => t + " ");
    case "instance":
      return [...session.loaded.keys()].map((n) => n + " ");
    case "function":
    case "call":
      return instance === undefined
        ? []
        : [...functionNames(instance)].filter((n) => !/\s/.test(n)).map((n) => n + " ");
    case "memory":
      return [...MEMORY_ACTIONS.map((a) => a + " "), ...named(session, "memory")];
    default:
      return named(session, kind);
  }
}

/** Functions of instances that are not the current one. */
function otherInstances(session: Session): string[] {
  const others = [...session.loaded.values()].filter((l) => l.name !== session.current.name);
  return others.flatMap((l) =>
    [...functionNames(l.instance)].filter((n) => !/\s/.test(n)).map((n) => `${l.name}.${n} `)
  );
}

function named(session: Session, kind: "memory" | "global" | "table"): string[] {
  if (!session.hasCurrent) return [];
  const { module } = session.current.instance;
  const { names } = innerModule(module).module;
  const own = kind === "memory" ? names.memories : kind === "global" ? names.globals : names.tables;
  const exported = module.exports.filter((e) => e.type.kind === kind).map((e) => e.name);
  return [...new Set([...exported, ...own.values()])].map((n) => n + " ");
}

/** Files and folders that begin with what stands there; folders end with a slash. */
function files(word: string): string[] {
  const slash = word.lastIndexOf("/") + 1;
  const folder = word.slice(0, slash);
  const path = folder === "" ? "." : folder;
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return [];
  const found: string[] = [];
  try {
    for (const entry of Deno.readDirSync(path)) {
      if (entry.name.startsWith(".") && !word.slice(slash).startsWith(".")) continue;
      const isFolder = entry.isDirectory || entry.isSymlink && Deno.statSync(path + "/" + entry.name).isDirectory;
      found.push(folder + entry.name + (isFolder ? "/" : " "));
    }
  } catch {
    return found;
  }
  return found.sort();
}
