// Instructions of the text format, plain and folded (specification 6.5). Takes a cursor, writes the binary form.
// Which instructions there are, and what immediates they take, is wasm/opcodes.ts' knowledge; immediates.ts reads those.

import { ByteWriter } from "../bytecode/writer.ts";
import { ELSE, END, IF, Imm, opByName, type OpInfo } from "../wasm/opcodes.ts";
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
  #blocks = 0;

  constructor(readonly locals: Space) {}

  openBlock(label: string | undefined): void {
    this.labels.push(label);
    if (label !== undefined) this.labelNames.set(this.#blocks, label);
    this.#blocks++;
  }
}

const PLAIN = 0, FOLDED = 1, FOLDED_BLOCK = 2, FOLDED_IF = 3, ARM = 4;
/** Something that is open: a plain block, or a parenthesis. */
interface Frame {
  readonly kind: number;
  readonly info: OpInfo | undefined;
  /** What is written when the operands are complete. */
  readonly pending: Uint8Array | undefined;
  readonly label: string | undefined;
  readonly at: number;
  /** How many arms of an `if` there were. */
  arms: number;
}

/** Reads instructions up to a `)` that closes none of them, or one folded instruction if `single`. */
export function parseInstructions(c: Cursor, ctx: Context, body: Body, single = false): void {
  const code = body.code;
  const frames: Frame[] = [];
  let top: Frame | undefined;
  const push = (kind: number, at: number, info?: OpInfo, pending?: Uint8Array, label?: string) => {
    top = { kind, info, pending, label, at, arms: 0 };
    frames.push(top);
  };
  const pop = () => {
    frames.pop();
    top = frames[frames.length - 1];
  };
  const mark = (token: number) => {
    body.positions.push(code.pos, c.tokens.starts[token]);
  };
  const write = (info: OpInfo, at: number): number => {
    const start = code.pos;
    parseImmediates(c, ctx, body, info, at);
    return start;
  };
  const end = (at: number) => {
    mark(at);
    code.u8(END);
    body.labels.pop();
  };

  for (;;) {
    const kind = c.kind();
    const at = c.pos;
    if (kind === Tok.LPAREN) {
      c.pos++;
      if (c.isWord("then") || c.isWord("else")) {
        const arm = c.isWord("then") ? 0 : 1;
        if (top?.kind !== FOLDED_IF || top.arms !== arm) c.unexpected("an instruction");
        c.pos++;
        mark(arm === 0 ? top.at : at);
        if (arm === 0) {
          code.raw(top.pending!);
          body.openBlock(top.label);
        } else code.u8(ELSE);
        top.arms++;
        push(ARM, at);
        continue;
      }
      if (top?.kind === FOLDED_IF && top.arms > 0) c.unexpected(`"else" or ")"`);
      const info = instruction(c);
      if (info.code === END || info.code === ELSE) c.unexpected("an instruction");
      c.pos++;
      if (info.imm === Imm.BLOCK) {
        const label = c.id();
        const start = write(info, at + 1);
        if (info.code === IF) {
          push(FOLDED_IF, at + 1, info, code.cut(start), label);
        } else {
          body.positions.push(start, c.tokens.starts[at + 1]);
          body.openBlock(label);
          push(FOLDED_BLOCK, at + 1, info, undefined, label);
        }
        continue;
      }
      const start = write(info, at + 1);
      if (c.isClose()) {
        body.positions.push(start, c.tokens.starts[at + 1]);
        c.pos++;
        if (single && frames.length === 0) return;
      } else push(FOLDED, at + 1, info, code.cut(start));
      continue;
    }
    if (kind === Tok.RPAREN) {
      if (top === undefined) return;
      switch (top.kind) {
        case PLAIN:
          c.unexpected(`"end"`);
          break;
        case FOLDED:
          mark(top.at);
          code.raw(top.pending!);
          break;
        case FOLDED_BLOCK:
          end(at);
          break;
        case FOLDED_IF:
          if (top.arms === 0) c.unexpected(`"(then"`);
          end(at);
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
    if (single || top?.kind === FOLDED || top?.kind === FOLDED_IF) c.unexpected(`"(" or ")"`);
    const info = instruction(c);
    if (info.code === ELSE || info.code === END) {
      if (top?.kind !== PLAIN || (info.code === ELSE && (top.info!.code !== IF || top.arms > 0))) {
        c.unexpected("an instruction");
      }
      c.pos++;
      const label = c.id();
      if (label !== undefined && label !== top.label) c.fail("mismatching label", c.pos - 1);
      if (info.code === END) {
        end(at);
        pop();
      } else {
        mark(at);
        code.u8(ELSE);
        top.arms++;
      }
      continue;
    }
    c.pos++;
    const label = info.imm === Imm.BLOCK ? c.id() : undefined;
    mark(at);
    write(info, at);
    if (info.imm === Imm.BLOCK) {
      body.openBlock(label);
      push(PLAIN, at, info, undefined, label);
    }
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
