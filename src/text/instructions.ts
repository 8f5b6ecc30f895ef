// Instructions of the text format, plain and folded (specification 6.5). Takes a cursor, writes the binary form.
// Which instructions there are, and what immediates they take, is wasm/opcodes.ts' knowledge; immediates.ts reads those.

import { ByteWriter } from "../bytecode/writer.ts";
import {
  BR_IF,
  CATCH,
  CATCH_ALL,
  DELEGATE,
  ELSE,
  END,
  IF,
  opByName,
  opensBlock,
  type OpInfo,
  opInfo,
  TRY,
} from "../wasm/opcodes.ts";
import { BRANCH_HINT, parseBranchHint } from "./branch_hints.ts";
import type { Cursor } from "./cursor.ts";
import { parseImmediates } from "./immediates.ts";
import { Tok } from "./lexer.ts";
import type { Context, Space } from "./spaces.ts";

/** The instructions of one function or constant expression while they are written. */
export class Body {
  readonly code: ByteWriter = new ByteWriter(64);
  /** Names of the open blocks, outermost first. */
  readonly labels: (string | undefined)[] = [];
  /** Names of all blocks, by the order in which the blocks open. */
  readonly labelNames: Map<number, string> = new Map();
  /** Pairs of an offset in `code` and an offset in the source, one per instruction, ascending. */
  readonly positions: number[] = [];
  /** Pairs of an offset in `code` and the hint for the branch there, ascending. */
  readonly hints: number[] = [];
  #blocks = 0;

  constructor(readonly locals: Space) {}

  openBlock(label: string | undefined): void {
    this.labels.push(label);
    if (label !== undefined) this.labelNames.set(this.#blocks, label);
    this.#blocks++;
  }
}

const PLAIN = 0, FOLDED = 1, FOLDED_BLOCK = 2, FOLDED_IF = 3, ARM = 4, FOLDED_TRY = 5;
/** Instructions that end a part of a block, and stand alone nowhere. */
const INNER = new Set([END, ELSE, CATCH, CATCH_ALL, DELEGATE]);
/** Something that is open: a plain block, or a parenthesis. */
interface Frame {
  readonly kind: number;
  readonly info: OpInfo | undefined;
  /** What is written when the operands are complete. */
  readonly pending: Uint8Array | undefined;
  readonly label: string | undefined;
  readonly at: number;
  readonly hint: number | undefined;
  /** The part of an `if` or `try` that was read last: see {@link followingPart}. */
  part: number;
}

/** The part of a block that a word in front begins, after the part `last`; undefined if it may not stand there. */
function followingPart(block: number, word: number, last: number): number | undefined {
  if (block === IF) return word === ELSE && last === 1 ? 2 : undefined;
  if (block !== TRY || last === 0 || last > 2) return undefined;
  return word === CATCH ? 2 : word === CATCH_ALL ? 3 : word === DELEGATE && last === 1 ? 4 : undefined;
}

/** Reads instructions up to a `)` that closes none of them, or one folded instruction if `single`. */
export function parseInstructions(c: Cursor, ctx: Context, body: Body, single = false): void {
  const code = body.code;
  const frames: Frame[] = [];
  let top: Frame | undefined;
  const push = (kind: number, at: number, info?: OpInfo, pending?: Uint8Array, label?: string, hint?: number) => {
    top = { kind, info, pending, label, at, hint, part: kind === PLAIN ? 1 : 0 };
    frames.push(top);
  };
  const pop = () => {
    frames.pop();
    top = frames[frames.length - 1];
  };
  const mark = (token: number, hint?: number) => {
    body.positions.push(code.pos, c.tokens.starts[token]);
    if (hint !== undefined) body.hints.push(code.pos, hint);
  };
  const write = (info: OpInfo): number => {
    const start = code.pos;
    parseImmediates(c, ctx, body, info);
    return start;
  };
  const end = (at: number) => {
    mark(at);
    code.u8(END);
    body.labels.pop();
  };
  /** Writes what separates two parts of a block. `delegate` ends it. */
  const part = (info: OpInfo, at: number) => {
    mark(at);
    if (info.code === DELEGATE) body.labels.pop();
    write(info);
  };
  const hintFor = (info: OpInfo, hint: number | undefined, at: number) => {
    if (hint !== undefined && info.code !== IF && info.code !== BR_IF) {
      c.fail(`@${BRANCH_HINT} annotation: invalid target`, at);
    }
  };

  for (;;) {
    const hint = parseBranchHint(c);
    const kind = c.kind();
    const at = c.pos;
    if (kind === Tok.LPAREN) {
      c.pos++;
      const outer: Frame | undefined = top;
      if (outer?.kind === FOLDED_IF && (c.isWord("then") || c.isWord("else"))) {
        const arm = c.isWord("then") ? 0 : 1;
        if (outer.part !== arm) c.unexpected("an instruction");
        c.pos++;
        if (arm === 0) {
          mark(outer.at, outer.hint);
          code.raw(outer.pending!);
          body.openBlock(outer.label);
        } else part(opInfo(ELSE)!, at);
        outer.part++;
        push(ARM, at);
        continue;
      }
      if (outer?.kind === FOLDED_IF && outer.part > 0) c.unexpected(`"else" or ")"`);
      if (outer?.kind === FOLDED_TRY) {
        tryPart(outer, at);
        continue;
      }
      const info = instruction(c);
      if (INNER.has(info.code)) c.unexpected("an instruction");
      hintFor(info, hint, at);
      c.pos++;
      if (opensBlock(info)) {
        const label = c.id();
        const start = write(info);
        if (info.code === IF) {
          push(FOLDED_IF, at + 1, info, code.cut(start), label, hint);
        } else {
          body.positions.push(start, c.tokens.starts[at + 1]);
          body.openBlock(label);
          push(info.code === TRY ? FOLDED_TRY : FOLDED_BLOCK, at + 1, info, undefined, label);
        }
        continue;
      }
      const start = write(info);
      if (c.isClose()) {
        body.positions.push(start, c.tokens.starts[at + 1]);
        if (hint !== undefined) body.hints.push(start, hint);
        c.pos++;
        if (single && frames.length === 0) return;
      } else push(FOLDED, at + 1, info, code.cut(start), undefined, hint);
      continue;
    }
    if (hint !== undefined && kind !== Tok.ATOM) c.fail(`@${BRANCH_HINT} annotation: invalid target`);
    if (kind === Tok.RPAREN) {
      if (top === undefined) return;
      switch (top.kind) {
        case PLAIN:
          c.unexpected(`"end"`);
          break;
        case FOLDED:
          mark(top.at, top.hint);
          code.raw(top.pending!);
          break;
        case FOLDED_BLOCK:
          end(at);
          break;
        case FOLDED_IF:
          if (top.part === 0) c.unexpected(`"(then"`);
          end(at);
          break;
        case FOLDED_TRY:
          if (top.part === 0) c.unexpected(`"(do"`);
          if (top.part !== 4) end(at);
      }
      c.pos++;
      pop();
      if (single && frames.length === 0) return;
      continue;
    }
    if (kind === Tok.EOF) {
      if (top === undefined) return;
      c.unexpected(top.kind === PLAIN ? `"end"` : `")"`);
    }
    if (single || top?.kind === FOLDED || top?.kind === FOLDED_IF || top?.kind === FOLDED_TRY) {
      c.unexpected(`"(" or ")"`);
    }
    const info = instruction(c);
    hintFor(info, hint, at);
    if (INNER.has(info.code)) {
      const next = top?.kind !== PLAIN
        ? undefined
        : info.code === END
        ? top.part
        : followingPart(top.info!.code, info.code, top.part);
      if (top === undefined || next === undefined) c.unexpected("an instruction");
      c.pos++;
      if (info.code === END || info.code === ELSE) {
        const label = c.id();
        if (label !== undefined && label !== top.label) c.fail("mismatching label", c.pos - 1);
      }
      if (info.code === END) end(at);
      else part(info, at);
      top.part = next;
      if (info.code === END || info.code === DELEGATE) pop();
      continue;
    }
    c.pos++;
    const label = opensBlock(info) ? c.id() : undefined;
    mark(at, hint);
    write(info);
    if (opensBlock(info)) {
      body.openBlock(label);
      push(PLAIN, at, info, undefined, label);
    }
  }

  /** `do`, `catch`, `catch_all` or `delegate` inside of a folded `try`, behind its `(`. */
  function tryPart(block: Frame, at: number): void {
    if (block.part === 0) {
      if (!c.word("do")) c.unexpected("do");
      block.part = 1;
      return push(ARM, at);
    }
    const info = instruction(c);
    const next = followingPart(TRY, info.code, block.part);
    if (next === undefined) c.unexpected(`a clause of try or ")"`);
    c.pos++;
    part(info, at);
    block.part = next;
    if (info.code === DELEGATE) c.close();
    else push(ARM, at);
  }
}

/** The row of the instruction at the cursor. */
function instruction(c: Cursor): OpInfo {
  const info = c.kind() === Tok.ATOM ? opByName(c.text()) : undefined;
  if (info === undefined) c.unexpected("an instruction");
  return info;
}

/** A constant expression up to its `)`, or one folded instruction if `single`; gives its bytes with `end`. */
export function parseConstExpr(c: Cursor, ctx: Context, locals: Space, single = false): Uint8Array {
  const body = new Body(locals);
  parseInstructions(c, ctx, body, single);
  body.code.u8(END);
  return body.code.slice();
}
