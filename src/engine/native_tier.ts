// Tier `jit` as the runtime sees it: compiles functions when first called, installs their code, and tells what a trap was.

import { type Native, readAddress, startNative } from "../abi/native.ts";
import { STACK, STATE } from "../abi/vmctx.ts";
import { stepCode } from "../abi/x64/step.ts";
import { decodeAccess } from "../asm/x64/decode_access.ts";
import type { Code } from "../asm/code.ts";
import { Exit } from "../abi/exits.ts";
import { type CodeLocation, CodeSpace, type Installed, type ModuleCode } from "../link/install.ts";
import {
  framesAtCall,
  framesAtHelper,
  framesAtTrap,
  type NativeFrame,
  readTrap,
  trapSiteAt,
} from "../link/backtrace.ts";
import { ThunkCache } from "../link/thunk_cache.ts";
import type { NativeStack } from "../platform/stacks.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { NativeFault, NativeLocation, NativeTier, Parked } from "../runtime/tier.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { TrapCode } from "../wasm/traps.ts";
import { refusal } from "../jit/compilable.ts";
import type { JitCompiler } from "../jit/compile_function.ts";
import { compiler } from "./pipeline.ts";

/** Whose code it is: a function of a module, or a thunk. */
export interface CodeOwner {
  readonly index: number;
}
const THUNK: CodeOwner = { index: -1 };

interface CompiledModule {
  readonly valid: ValidModule;
  /** Undefined while it compiles, and after it failed: then its state is of no use. */
  compiler: JitCompiler | undefined;
  readonly code: ModuleCode<CodeOwner>;
  readonly functions: Map<number, Installed<CodeOwner>>;
  /** Copies of single instructions, by their addresses. */
  readonly steps: Map<number, number>;
}

/** Figures of a compilation. */
export interface CompileFigures {
  /** Functions compiled. */
  functions: number;
  /** Milliseconds it took. */
  ms: number;
  /** Bytes of Wasm read. */
  wasmBytes: number;
  /** Bytes of machine code made. */
  codeBytes: number;
}

/** Bytes. */
const LONGEST_INSTRUCTION = 15;

/** When less than this is left of executable memory, the code of modules without instances goes. */
const SCARCE_BYTES = 32 * 1024 * 1024;

// Code is kept per isolate, not per store: executable memory and its range belong to the isolate.
let space: CodeSpace<CodeOwner> | undefined;
let thunks: ThunkCache<CodeOwner> | undefined;

/**
 * Frees the code of modules that neither a Module nor an instance holds any more, or whose engine is gone. Runs when no call is under way, so that no
 * stack has a pc in it.
 */
const FORGOTTEN = new FinalizationRegistry<ModuleCode<CodeOwner>>((code) => code.free());

/** The one-pass compiler with what installs its code. Instances of one module share the code. */
export class JitTier implements NativeTier {
  readonly name = "jit";
  readonly native: Native = startNative();
  /** Gives the modules that have instances; set by the engine. */
  modulesInUse: () => Iterable<ValidModule> = () => this.#all();
  readonly figures: CompileFigures = { functions: 0, ms: 0, wasmBytes: 0, codeBytes: 0 };
  readonly #modules = new WeakMap<ValidModule, CompiledModule>();
  /** All of `#modules`, without keeping them. */
  readonly #compiled = new Set<WeakRef<CompiledModule>>();
  readonly #space = space ??= new CodeSpace<CodeOwner>(this.native.memory);
  readonly #thunks = thunks ??= new ThunkCache<CodeOwner>(this.#space, THUNK);

  refusal(func: WasmFunc): string | undefined {
    return refusal(func.instance!.valid, func.index, this.native.cpu);
  }

  entryOf(func: WasmFunc): number {
    return this.installed(func.instance!.valid, func.index).entry;
  }

  /** The installed code of a function; compiles it first if need be. */
  installed(valid: ValidModule, index: number): Installed<CodeOwner> {
    const compiled = this.#module(valid);
    let found = compiled.functions.get(index);
    if (found === undefined) {
      const code = this.compile(valid, index);
      this.releaseScarce();
      found = compiled.code.install(code, { index });
      compiled.functions.set(index, found);
    }
    return found;
  }

  #module(valid: ValidModule): CompiledModule {
    let compiled = this.#modules.get(valid);
    if (compiled === undefined) {
      compiled = { valid, compiler: undefined, code: this.#space.newModule(), functions: new Map(), steps: new Map() };
      this.#modules.set(valid, compiled);
      this.#compiled.add(new WeakRef(compiled));
      FORGOTTEN.register(compiled, compiled.code, compiled);
    }
    return compiled;
  }

  *#all(): Iterable<ValidModule> {
    for (const reference of this.#compiled) {
      const compiled = reference.deref();
      if (compiled !== undefined) yield compiled.valid;
    }
  }

  /** The installed code of a function, if there is any. */
  peek(valid: ValidModule, index: number): Installed<CodeOwner> | undefined {
    return this.#modules.get(valid)?.functions.get(index);
  }

  /** Compiles a function without installing it. */
  compile(valid: ValidModule, index: number): Code {
    const began = performance.now();
    const compiled = this.#module(valid);
    const maker = compiled.compiler ?? compiler(valid, this.native.cpu);
    compiled.compiler = undefined;
    const code = maker.compile(index);
    compiled.compiler = maker;
    const body = valid.module.funcs[index].body!;
    this.figures.ms += performance.now() - began;
    this.figures.functions++;
    this.figures.wasmBytes += body.end - body.start;
    this.figures.codeBytes += code.bytes.length;
    return code;
  }

  /**
   * When executable memory is scarce, frees the code of modules that have no instance in this engine, as all that run have. It is made again when needed.
   * Otherwise code stays as long as its Module, for further instances.
   */
  releaseScarce(): void {
    if (this.native.memory.available >= SCARCE_BYTES) return;
    const used = new Set<ValidModule>(this.modulesInUse());
    for (const reference of this.#compiled) {
      const compiled = reference.deref();
      if (compiled === undefined) this.#compiled.delete(reference);
      else if (!used.has(compiled.valid)) {
        this.#compiled.delete(reference);
        this.release(compiled.valid);
      }
    }
  }

  /** Frees a module's code. No stack may be in it, and no function record may point to it. */
  release(valid: ValidModule): void {
    const compiled = this.#modules.get(valid);
    if (compiled === undefined) return;
    FORGOTTEN.unregister(compiled);
    compiled.code.free();
    this.#modules.delete(valid);
  }

  exitThunk(func: WasmFunc): number {
    return this.#thunks.exit(func.signature.params, func.signature.results);
  }
  entryThunk(func: WasmFunc): number {
    return this.#thunks.entry(func.signature.params, func.signature.results);
  }

  trapOf(stack: NativeStack): TrapCode {
    return readTrap(stack, this.#space).trapCode;
  }
  faultOf(stack: NativeStack): NativeFault | undefined {
    const pc = readAddress(stack.i32, STACK.trapPc);
    const found = this.#space.lookup(pc);
    const site = found === undefined ? undefined : trapSiteAt(found.code, found.offset);
    if (found === undefined || site?.trapCode !== TrapCode.MEMORY_OUT_OF_BOUNDS) return undefined;
    const bytes = found.code.bytes.subarray(found.offset, found.offset + LONGEST_INSTRUCTION);
    const { length, base, index, scale, displacement, loads } = decodeAccess(bytes);
    const register = (r: number) => r < 0 ? 0n : stack.i64[(STATE.integers >> 3) + r];
    const address = Number(
      BigInt.asUintN(64, register(base) + register(index) * BigInt(scale) + BigInt(displacement)),
    );
    const fp = readAddress(stack.i32, STACK.trapFp);
    return { pc, length, address, loads, wasmOffset: site.sourceOffset, fp, bytes: bytes.subarray(0, length) };
  }
  stepOf(valid: ValidModule, fault: NativeFault): number {
    const { steps, code } = this.#module(valid);
    let entry = steps.get(fault.pc);
    if (entry === undefined) {
      entry = code.install(stepCode(fault.bytes, `step at offset ${fault.wasmOffset}`), THUNK).entry;
      steps.set(fault.pc, entry);
    }
    return entry;
  }
  framesAtTrap(stack: NativeStack): Iterable<NativeLocation> {
    return locations(framesAtTrap(stack, this.#space));
  }
  framesAt(stack: NativeStack, parked: Parked): Iterable<NativeLocation> {
    return locations(
      parked.exit === Exit.CALL
        ? framesAtCall(stack, this.#space, parked.sp, parked.fp)
        : framesAtHelper(stack, this.#space, parked.resumeIp, parked.fp),
    );
  }

  /** The function and code offset that a pc belongs to; undefined if it is none of a Wasm function. */
  locate(pc: number): CodeLocation<CodeOwner> | undefined {
    const found = this.#space.lookup(pc);
    return found === undefined || found.owner === THUNK ? undefined : found;
  }
}

function* locations(frames: Iterable<NativeFrame<CodeOwner>>): Iterable<NativeLocation> {
  for (const f of frames) {
    if (f.owner === THUNK) continue;
    yield { index: f.owner.index, tier: "jit", wasmOffset: f.sourceOffset, fp: f.fp, code: f.code, start: f.start };
  }
}
