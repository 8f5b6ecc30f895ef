// The script language of the specification's test suite (.wast). Takes the source, gives typed commands with their lines.
// Text modules stay ranges of the source until the runner asks for their bytes, so that their errors arise there.

import { Cursor } from "./cursor.ts";
import { decodeSource, Tok, tokenize } from "./lexer.ts";
import { type Assembled, assembleFields, assembleModule, type AssembleOptions } from "./parser.ts";
import { parsePattern, parseValue, type ScriptPattern, type ScriptValue } from "./script_values.ts";

/** A module of a script. */
export class ScriptModule {
  readonly #c: Cursor;
  readonly #from: number;

  /** Takes a cursor over the range, and where the module's name or fields begin. `bare` modules are fields without `(module …)`. */
  constructor(
    c: Cursor,
    from: number,
    readonly line: number,
    readonly form: "text" | "binary" | "quote",
    readonly bare: boolean,
  ) {
    this.#c = c;
    this.#from = from;
  }
  /** The module's bytes. Throws a TextError for a text module, or the text of a quoted one; the bytes of a binary module are not looked at. */
  assemble(options: AssembleOptions = {}): Assembled {
    // A cursor remembers which annotations it took, so each time has its own.
    const c = new Cursor(this.#c.tokens, this.#from, this.#c.end);
    return this.bare ? assembleFields(c, undefined, Tok.EOF, options) : assembleModule(c, options);
  }
}

/** A call of an export, or a read of an exported global; of the latest instance if `instance` is undefined. */
export interface ScriptAction {
  readonly kind: "invoke" | "get";
  readonly instance: string | undefined;
  readonly name: string;
  readonly args: readonly ScriptValue[];
}

/** The assertions that take a module and a message. */
export type ModuleAssertion =
  | "assert_invalid"
  | "assert_malformed"
  | "assert_unlinkable"
  | "assert_invalid_custom"
  | "assert_malformed_custom";

/** A command of a script. */
export type Command =
  & { readonly line: number }
  & (
    /** Defines a module, and makes an instance of it unless it is a `definition`. */
    | {
      readonly kind: "module";
      readonly name: string | undefined;
      readonly definition: boolean;
      readonly module: ScriptModule;
    }
    | { readonly kind: "instance"; readonly name: string | undefined; readonly module: string | undefined }
    | { readonly kind: "register"; readonly as: string; readonly instance: string | undefined }
    | { readonly kind: "action"; readonly action: ScriptAction }
    | { readonly kind: "assert_return"; readonly action: ScriptAction; readonly results: readonly ScriptPattern[] }
    | { readonly kind: "assert_trap"; readonly action: ScriptAction | ScriptModule; readonly message: string }
    | {
      readonly kind: "assert_exhaustion" | "assert_suspension";
      readonly action: ScriptAction;
      readonly message: string;
    }
    | { readonly kind: "assert_exception"; readonly action: ScriptAction }
    | { readonly kind: ModuleAssertion; readonly module: ScriptModule; readonly message: string }
    /** `shared` are the names of the modules that the thread sees. */
    | {
      readonly kind: "thread";
      readonly name: string | undefined;
      readonly shared: readonly string[];
      readonly commands: readonly Command[];
    }
    | { readonly kind: "wait"; readonly thread: string | undefined }
  );

const FIELDS = ["func", "memory", "table", "global", "type", "rec", "tag", "import", "export", "start", "elem", "data"];

/** Reads a script. Throws a TextError where its commands are malformed; text modules are not looked at. */
export function parseScript(source: string | Uint8Array): Command[] {
  const c = new Cursor(tokenize(typeof source === "string" ? source : decodeSource(source)));
  return parseCommands(c);
}

function parseCommands(c: Cursor): Command[] {
  const commands: Command[] = [];
  while (c.kind() === Tok.LPAREN) {
    const line = c.line();
    if (!FIELDS.some((f) => c.isForm(f))) {
      c.pos++;
      commands.push(parseCommand(c, line));
      continue;
    }
    const from = c.pos;
    while (FIELDS.some((f) => c.isForm(f))) c.skipForm();
    const module = new ScriptModule(new Cursor(c.tokens, from, c.pos), from, line, "text", true);
    commands.push({ line, kind: "module", name: undefined, definition: false, module });
  }
  if (c.kind() !== Tok.EOF && !c.isClose()) c.unexpected("a command");
  return commands;
}

/** One command, whose `(` was read. */
function parseCommand(c: Cursor, line: number): Command {
  const at = c.pos;
  const word = c.atom("a command");
  switch (word) {
    case "module": {
      if (c.word("instance")) {
        const command: Command = { line, kind: "instance", name: c.id(), module: c.id() };
        c.close();
        return command;
      }
      const definition = c.word("definition");
      const { name, module } = parseModule(c, line);
      return { line, kind: "module", name, definition, module };
    }
    case "register": {
      const command: Command = { line, kind: "register", as: c.name(), instance: c.id() };
      c.close();
      return command;
    }
    case "invoke":
    case "get":
      c.pos = at - 1;
      return { line, kind: "action", action: parseAction(c) };
    case "assert_return": {
      const action = parseAction(c);
      const results: ScriptPattern[] = [];
      while (!c.isClose()) results.push(parsePattern(c));
      c.close();
      return { line, kind: "assert_return", action, results };
    }
    case "assert_trap": {
      const action = c.isForm("module") ? parseModuleForm(c) : parseAction(c);
      return { line, kind: "assert_trap", action, message: parseMessage(c) };
    }
    case "assert_exhaustion":
    case "assert_suspension":
      return { line, kind: word, action: parseAction(c), message: parseMessage(c) };
    case "assert_exception": {
      const action = parseAction(c);
      c.close();
      return { line, kind: "assert_exception", action };
    }
    case "assert_invalid":
    case "assert_malformed":
    case "assert_unlinkable":
    case "assert_invalid_custom":
    case "assert_malformed_custom":
      return { line, kind: word, module: parseModuleForm(c), message: parseMessage(c) };
    case "thread": {
      const name = c.id();
      const shared: string[] = [];
      while (c.form("shared")) {
        while (c.form("module")) {
          shared.push(c.id() ?? c.unexpected("a name"));
          c.close();
        }
        c.close();
      }
      const commands = parseCommands(c);
      c.close();
      return { line, kind: "thread", name, shared, commands };
    }
    case "wait": {
      const command: Command = { line, kind: "wait", thread: c.id() };
      c.close();
      return command;
    }
    default:
      c.pos = at;
      return c.unexpected("a command");
  }
}

function parseMessage(c: Cursor): string {
  const message = c.name();
  c.close();
  return message;
}
function parseModuleForm(c: Cursor): ScriptModule {
  const line = c.line();
  c.open();
  if (!c.word("module")) c.unexpected("module");
  c.word("definition");
  return parseModule(c, line).module;
}
/** What stands behind `(module` or `(module definition`, with the `)`. */
function parseModule(c: Cursor, line: number): { name: string | undefined; module: ScriptModule } {
  const from = c.pos;
  const name = c.id();
  const form = c.isWord("binary") ? "binary" : c.isWord("quote") ? "quote" : "text";
  c.skipRest();
  return { name, module: new ScriptModule(new Cursor(c.tokens, from, c.pos), from, line, form, false) };
}

function parseAction(c: Cursor): ScriptAction {
  c.open("an action");
  const kind = c.word("invoke") ? "invoke" : c.word("get") ? "get" : c.unexpected("invoke or get");
  const instance = c.id();
  const name = c.name();
  const args: ScriptValue[] = [];
  if (kind === "invoke") { while (!c.isClose()) args.push(parseValue(c)); }
  c.close();
  return { kind, instance, name, args };
}
