// ValidModule → Code: compiles one function to machine code in one pass over its body. The same input gives the same bytes; they hold no address
// and reach everything through vmctx, so that all instances of a module share them. Installing is left to link/, running to runtime/.

import type { VmctxLayout } from "../abi/vmctx.ts";
import type { Code, Safepoint } from "../asm/code.ts";
import { BugError } from "../base/bug.ts";
import type { CountPlan } from "../validate/count_plan.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { functionName, type Module } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import { type TypeDef, V128 } from "../wasm/types.ts";
import { atomicHandlers } from "./atomics.ts";
import * as calls from "./calls.ts";
import { Context, kindOf, type Layout } from "./context.ts";
import * as control from "./control.ts";
import { INCOMING, Kind } from "./macro_assembler.ts";
import * as memory from "./memory.ts";
import { type Handler, numericHandlers } from "./numeric.ts";
import * as exceptions from "./exceptions.ts";
import { OBJECT_HANDLERS } from "./objects.ts";
import { DIRTY } from "./state.ts";
import { SafepointList } from "./safepoints.ts";
import * as variables from "./variables.ts";
import { vectorHandlers } from "./vector.ts";
import { product128, sum128 } from "./wide_arithmetic.ts";
import { X64MacroAssembler } from "./x64/macro_assembler.ts";
import type { X64Features } from "./x64/emit_context.ts";

/** What code is to be able to do beyond running. */
export interface CodeOptions {
  /** Takes fuel at each loop head and function entry; default no. */
  readonly metered?: boolean;
  /** Frames of the interpreter can enter loops; default no. */
  readonly entersLoops?: boolean;
}

/** What code is made for. */
export interface JitOptions extends CodeOptions {
  /** Features of the processor that may be used. */
  readonly cpu: X64Features;
  /** Layout of the vmctx of the module's instances. */
  readonly layout: VmctxLayout;
}

/** From this many on, locals without parameters are zeroed in memory instead of being constants at first. */
const MANY_LOCALS = 64;

const TAIL_CALL = calls.tailCall;

const HANDLERS: (Handler | undefined)[] = [];
const PREFIXED = new Map<number, Handler>();

function handle(code: number, handler: Handler): void {
  if (code < 256) HANDLERS[code] = handler;
  else PREFIXED.set(code, handler);
}

for (let code = 0; code < 256; code++) HANDLERS.push(undefined);
for (const [code, handler] of numericHandlers()) handle(code, handler);
for (const info of op.INSTRUCTIONS) {
  if (info.imm !== op.Imm.MEMORY_ACCESS || info.feature !== undefined) continue;
  handle(info.code, info.properties & op.LOADS ? memory.load : memory.store);
}
for (const code of calls.HELPED_OPCODES) handle(code, calls.callHelper);
for (const code of [op.I32_CONST, op.I64_CONST, op.F32_CONST, op.F64_CONST]) handle(code, variables.constant);
for (const [code, handler] of vectorHandlers()) handle(code, handler);
handle(op.MEMORY_SIZE, memory.memorySize);
handle(op.NOP, () => {});
handle(op.UNREACHABLE, (c) => {
  c.m.trap(TrapCode.UNREACHABLE);
  c.dead = true;
});
handle(op.BLOCK, control.block);
handle(op.LOOP, control.loop);
handle(op.IF, control.ifBlock);
handle(op.ELSE, control.elseArm);
handle(op.END, control.end);
handle(op.BR, control.branch);
handle(op.BR_IF, control.branchIf);
handle(op.BR_TABLE, control.branchTable);
handle(op.RETURN, control.returnFromFunction);
handle(op.CALL, calls.call);
handle(op.CALL_INDIRECT, calls.callIndirect);
handle(op.CALL_REF, calls.callReference);
for (const code of [op.RETURN_CALL, op.RETURN_CALL_INDIRECT, op.RETURN_CALL_REF]) handle(code, calls.tailCall);
handle(op.BR_ON_NULL, control.branchOnNull);
handle(op.BR_ON_NON_NULL, control.branchOnNonNull);
handle(op.REF_AS_NON_NULL, calls.asNonNull);
handle(op.I64_ADD128, (c) => sum128(c, false));
handle(op.I64_SUB128, (c) => sum128(c, true));
handle(op.I64_MUL_WIDE_S, (c) => product128(c, true));
handle(op.I64_MUL_WIDE_U, (c) => product128(c, false));
for (const [code, handler] of atomicHandlers()) handle(code, handler);
handle(op.DROP, (c) => c.s.drop());
handle(op.SELECT, variables.select);
handle(op.SELECT_T, variables.select);
handle(op.LOCAL_GET, variables.localGet);
handle(op.LOCAL_SET, (c) => variables.localSet(c, false));
handle(op.LOCAL_TEE, (c) => variables.localSet(c, true));
handle(op.GLOBAL_GET, variables.globalGet);
handle(op.GLOBAL_SET, variables.globalSet);
handle(op.TABLE_GET, calls.tableGet);
handle(op.TABLE_SET, calls.tableSet);
handle(op.TABLE_SIZE, calls.tableSize);
handle(op.REF_NULL, variables.refNull);
handle(op.REF_IS_NULL, variables.refIsNull);
handle(op.REF_FUNC, variables.refFunc);
for (const [code, handler] of OBJECT_HANDLERS) handle(code, handler);
handle(op.THROW, exceptions.throwTag);
handle(op.THROW_REF, exceptions.throwRef);
handle(op.TRY_TABLE, exceptions.tryTable);
handle(op.TRY, exceptions.legacyTry);
handle(op.CATCH, control.catchClause);
handle(op.CATCH_ALL, control.catchClause);
handle(op.DELEGATE, control.end);
handle(op.RETHROW, exceptions.rethrow);

/** Opcodes that this compiler has code for. */
export function compiledOpcodes(): number[] {
  return op.INSTRUCTIONS.map((info) => info.code).filter((code) =>
    (code < 256 ? HANDLERS[code] : PREFIXED.get(code)) !== undefined
  );
}

function declaresVectors(module: Module): boolean {
  const inType = ({ type }: TypeDef) =>
    type.kind === "func"
      ? type.params.includes(V128) || type.results.includes(V128)
      : (type.kind === "struct" ? type.fields : [type.field]).some((field) => field.type === V128);
  return module.types.some(inType) || module.globals.some((g) => g.type.type === V128);
}

/** Compiles functions of one module, one after another. */
export class JitCompiler {
  readonly #c: Context;
  readonly #valid: ValidModule;
  /** Whether values of type v128 may come from elsewhere than from instructions on vectors. */
  readonly #hasVectors: boolean;

  /** Takes a module and what code is made for. */
  constructor(valid: ValidModule, options: JitOptions) {
    this.#valid = valid;
    this.#hasVectors = declaresVectors(valid.module);
    this.#c = new Context(valid, new X64MacroAssembler(valid.module, options.layout, options.cpu), options);
  }

  /**
   * Where the values are at the safepoints of a function: at all, unless descriptions have more than `maxInts` ints together. Compiles it once more, with the same counters
   * and layout.
   */
  safepoints(index: number, counts?: CountPlan, maxInts?: number, layout?: Layout): SafepointList {
    return this.#describe(new SafepointList({}, maxInts), index, counts, layout);
  }

  /** The same of one safepoint; undefined if there is none at the offset. Compiles the function a few times more. */
  safepointAt(index: number, offset: number, counts?: CountPlan, layout?: Layout): Safepoint | undefined {
    let written = offset;
    if (layout !== undefined) {
      this.compile(index, counts, layout);
      written = this.#c.m.writtenReturn(offset);
    }
    const { found } = this.#describe(new SafepointList({ offset: written }), index, counts, layout);
    return found < 0 ? undefined : this.#describe(new SafepointList({ only: found }), index, counts, layout).list[0];
  }

  #describe(list: SafepointList, index: number, counts?: CountPlan, layout?: Layout): SafepointList {
    this.#c.safepoints = list;
    try {
      this.compile(index, counts, layout);
    } finally {
      this.#c.safepoints = undefined;
    }
    if (layout !== undefined) list.move((offset) => this.#c.m.movedReturn(offset));
    return list;
  }

  /**
   * Compiles the defined function with this index in the module's function index space. Code with counters can be entered in loops, and refers to the first counter,
   * of 64 bits, by a relocation to {@link COUNTERS}; code without is the same as if there were none.
   * What is seldom run by `layout` stands behind the rest, unless there are counters.
   */
  compile(index: number, counts?: CountPlan, layout?: Layout): Code {
    const c = this.#c, { m, s, r } = c, module = c.module;
    const decl = module.funcs[index], body = decl.body;
    if (body === undefined) throw new BugError(`function ${index} is imported`);
    const facts = this.#valid.bodies[index - module.importedFuncs];
    const kinds = body.locals.map(kindOf);
    // Catch blocks keep their exceptions among the operands.
    const operands = facts.maxOperandSlots + facts.handlers.length;
    const names = kinds.length + operands + 1;
    c.uses.examine(r, body);
    c.begin(c.signatureOf(decl.type), counts, layout, body.start);
    c.handlers = facts.handlers;
    c.facts = facts;
    s.begin(kinds, operands);
    c.merges.begin(kinds.length, names);
    c.hasReferences = kinds.includes(Kind.REF);
    const vectors = this.#hasVectors || c.uses.hasVectors || kinds.includes(Kind.V128);
    m.begin(names * 2, body.start, vectors, layout !== undefined && counts === undefined);
    placeLocals(c, kinds);
    control.openFunction(c, c.signature.results);
    // Recursion can take as long as a loop; what calls nothing does not.
    const calls = c.uses.blockCalls[0] === 1;
    if (calls || c.metered) m.source(body.codeStart);
    if (c.metered) m.takeFuel();
    if (calls) c.checkInterrupt(body.codeStart);
    r.pos = body.codeStart;
    r.end = body.end;
    while (c.controls.length > 0) {
      s.unpinAll();
      if (c.dead) {
        control.skipDeadCode(c);
        continue;
      }
      const code = r.next();
      s.at = r.at;
      m.source(r.at);
      const handler = code < 256 ? HANDLERS[code] : PREFIXED.get(code);
      if (handler === undefined) throw new BugError(`no code for ${r.info.name}`);
      // Those begin at a safepoint.
      if (counts !== undefined && handler !== TAIL_CALL) c.countAt(r.at);
      handler(c);
    }
    c.emitDetours();
    return m.finish(functionName(module, index));
  }
}

/** Parameters are where the caller put them, other locals zero. */
function placeLocals(c: Context, kinds: readonly Kind[]): void {
  const { s, m, uses } = c;
  const places = c.signature.places.params;
  for (let i = 0; i < kinds.length; i++) {
    s.nextUse[i] = uses.firstUse[i];
    if (i >= places.length || !uses.isLiveAtStart(i)) continue;
    const place = places[i];
    if (place.where === "int") s.attach(i, m.intParams[place.index], DIRTY);
    else if (place.where === "float") s.attach(i, m.floatParams[place.index], DIRTY);
  }
  for (let i = 0; i < places.length; i++) {
    if (places[i].where === "stack" && uses.isLiveAtStart(i)) m.copySlot(kinds[i], i, INCOMING + places[i].index);
  }
  if (kinds.length - places.length > MANY_LOCALS) return m.zeroSlots(places.length, kinds.length);
  for (let i = places.length; i < kinds.length; i++) if (uses.isLiveAtStart(i)) s.attachConstant(i, 0, 0);
}

/** Compiles one function: for many of a module, a {@link JitCompiler} saves work. */
export function compileFunction(valid: ValidModule, index: number, options: JitOptions): Code {
  return new JitCompiler(valid, options).compile(index);
}
