// The namespace as TypeScript sees it: the interfaces of the JS API (and of the Web API's streaming forms), with JSPI's.

/** A buffer source: bytes, which are copied. */
export type BytesSource = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;
/** Imports by module and name. */
// deno-lint-ignore no-explicit-any
export type ImportObject = Record<string, any>;
/** A size or an index: a number where addresses have 32 bits, a bigint where they have 64. */
export type AddressValue = number | bigint;
/** A value type by its name in the JS API. */
export type ValueTypeName =
  | "i32"
  | "i64"
  | "f32"
  | "f64"
  | "v128"
  | "externref"
  | "anyfunc"
  | "anyref"
  | "eqref"
  | "i31ref"
  | "structref"
  | "arrayref";
/** A kind of imports and exports. */
export type ExternalKind = "function" | "table" | "memory" | "global" | "tag";

/** Options of a compilation. */
export interface CompileOptions {
  /** Builtin sets that the module imports; there is `js-string`. */
  readonly builtins?: readonly string[];
  /** The module name that stands for string constants: an import from it is the string that its field name is. */
  readonly importedStringConstants?: string | null;
}

/** A compiled module. */
export interface ModuleObject {
  /** Tells it in `Object.prototype.toString`. */
  readonly [Symbol.toStringTag]: string;
}
/** An instance. */
export interface InstanceObject {
  /** Functions, and Memory, Table, Global and Tag objects, by name; frozen. */
  // deno-lint-ignore no-explicit-any
  readonly exports: Record<string, any>;
}
/** A module with an instance of it. */
export interface InstantiatedSource {
  /** The module. */
  readonly module: ModuleObject;
  /** The instance. */
  readonly instance: InstanceObject;
}

/** What a memory is made from, in pages of 64 KiB. */
export interface MemoryDescriptorInit {
  /** Pages at first. */
  readonly initial: AddressValue;
  /** The most pages that it may grow to. */
  readonly maximum?: AddressValue;
  /** Whether other Workers can have it; needs a maximum. */
  readonly shared?: boolean;
  /** The type of its addresses; default `i32`. */
  readonly address?: "i32" | "i64";
}
/** A linear memory. */
export interface MemoryObject {
  /** Its bytes: a buffer that is detached, and replaced by another, when the memory grows. */
  readonly buffer: ArrayBuffer;
  /** Grows by `delta` pages; gives the number of pages before. Throws RangeError when that is too much. */
  grow(delta: AddressValue): AddressValue;
  /** The buffer, of fixed length from now on. */
  toFixedLengthBuffer(): ArrayBuffer;
  /** The buffer, resizable from now on. Throws TypeError for a memory without a maximum. */
  toResizableBuffer(): ArrayBuffer;
}

/** What a table is made from, in entries. */
export interface TableDescriptorInit {
  /** The type of its entries. */
  readonly element: ValueTypeName;
  /** Entries at first. */
  readonly initial: AddressValue;
  /** The most entries that it may grow to. */
  readonly maximum?: AddressValue;
  /** The type of its indices; default `i32`. */
  readonly address?: "i32" | "i64";
}
/** A table of references. */
export interface TableObject {
  /** Entries. */
  readonly length: AddressValue;
  /** The entry at an index. Throws RangeError beyond the end. */
  // deno-lint-ignore no-explicit-any
  get(index: AddressValue): any;
  /** Sets the entry at an index. Throws RangeError beyond the end, TypeError for a value that does not fit. */
  set(index: AddressValue, value?: unknown): void;
  /** Grows by `delta` entries; gives the number before. Throws RangeError when that is too much. */
  grow(delta: AddressValue, value?: unknown): AddressValue;
}

/** What a global is made from. */
export interface GlobalDescriptorInit {
  /** The type of its value. */
  readonly value: ValueTypeName;
  /** Whether it can be set. */
  readonly mutable?: boolean;
}
/** A global. */
export interface GlobalObject {
  /** Its value. Setting it throws TypeError for an immutable one. */
  // deno-lint-ignore no-explicit-any
  value: any;
  /** Its value. */
  // deno-lint-ignore no-explicit-any
  valueOf(): any;
}

/** A kind of exceptions. */
export interface TagObject {
  /** Tells it in `Object.prototype.toString`. */
  readonly [Symbol.toStringTag]: string;
}
/** An exception of Wasm. */
export interface ExceptionObject {
  /** Whether it has a tag. */
  is(tag: TagObject): boolean;
  /** A value that it carries. Throws TypeError if it has another tag, RangeError if it has no such value. */
  // deno-lint-ignore no-explicit-any
  getArg(tag: TagObject, index: number): any;
  /** Where it was made, if that was asked for. */
  readonly stack: string | undefined;
}
/** A function that Wasm waits for, if it gives a promise. */
export interface SuspendingObject {
  /** Tells it in `Object.prototype.toString`. */
  readonly [Symbol.toStringTag]: string;
}

/** The class Module. */
export interface ModuleClass {
  /** Compiles. Throws CompileError, TypeError. */
  new (bytes: BytesSource, options?: CompileOptions): ModuleObject;
  /** Of all its objects. */
  readonly prototype: ModuleObject;
  /** What a module exports. */
  exports(module: ModuleObject): { name: string; kind: ExternalKind }[];
  /** What a module imports, without builtins and string constants. */
  imports(module: ModuleObject): { module: string; name: string; kind: ExternalKind }[];
  /** Copies of the contents of its custom sections called `name`. */
  customSections(module: ModuleObject, name: string): ArrayBuffer[];
}
/** A class whose objects are made from `Arguments`. */
export interface InterfaceClass<T, Arguments extends unknown[]> {
  /** Makes an object. Throws TypeError and RangeError for arguments that make no sense. */
  new (...args: Arguments): T;
  /** Of all its objects. */
  readonly prototype: T;
}

/** The WebAssembly namespace. */
export interface WebAssemblyNamespace {
  /** Whether bytes are a valid module. */
  validate(bytes: BytesSource, options?: CompileOptions): boolean;
  /** Compiles. Rejects with CompileError, TypeError. */
  compile(bytes: BytesSource, options?: CompileOptions): Promise<ModuleObject>;
  /** Compiles and instantiates. Rejects with CompileError, LinkError, RuntimeError, TypeError. */
  instantiate(bytes: BytesSource, imports?: ImportObject, options?: CompileOptions): Promise<InstantiatedSource>;
  /** Instantiates. Rejects with LinkError, RuntimeError, TypeError. */
  instantiate(module: ModuleObject, imports?: ImportObject): Promise<InstanceObject>;
  /** Compiles what a Response holds. Rejects with TypeError if that is not of type application/wasm. */
  compileStreaming(source: Response | PromiseLike<Response>, options?: CompileOptions): Promise<ModuleObject>;
  /** Compiles what a Response holds, and instantiates it. */
  instantiateStreaming(
    source: Response | PromiseLike<Response>,
    imports?: ImportObject,
    options?: CompileOptions,
  ): Promise<InstantiatedSource>;
  /** Compiled modules. */
  readonly Module: ModuleClass;
  /** Instances. */
  readonly Instance: InterfaceClass<InstanceObject, [module: ModuleObject, imports?: ImportObject]>;
  /** Linear memories. */
  readonly Memory: InterfaceClass<MemoryObject, [descriptor: MemoryDescriptorInit]>;
  /** Tables. */
  readonly Table: InterfaceClass<TableObject, [descriptor: TableDescriptorInit, value?: unknown]>;
  /** Globals. */
  readonly Global: InterfaceClass<GlobalObject, [descriptor: GlobalDescriptorInit, value?: unknown]>;
  /** Tags. */
  readonly Tag: InterfaceClass<TagObject, [type: { readonly parameters: Iterable<ValueTypeName> }]>;
  /** Exceptions. */
  readonly Exception: InterfaceClass<
    ExceptionObject,
    [tag: TagObject, payload: Iterable<unknown>, options?: { readonly traceStack?: boolean }]
  >;
  /** Imports that suspend: Wasm waits for their promises. */
  readonly Suspending: InterfaceClass<SuspendingObject, [wrapped: (...args: any[]) => unknown]>;
  /** The function that calls an exported function and gives a promise, so that suspending imports can be waited for. Throws TypeError for other functions. */
  promising(exported: (...args: any[]) => unknown): (...args: unknown[]) => Promise<unknown>;
  /** The tag of what JavaScript throws. */
  readonly JSTag: TagObject;
  /** A module was malformed or invalid. */
  readonly CompileError: ErrorConstructor;
  /** An import did not fit. */
  readonly LinkError: ErrorConstructor;
  /** A trap. */
  readonly RuntimeError: ErrorConstructor;
  /** An import was to suspend where that is not possible. */
  readonly SuspendError: ErrorConstructor;
}
