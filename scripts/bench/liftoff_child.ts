// The rival's side: reads questions as JSON lines, answers with milliseconds. Runs with V8 flags that leave Liftoff alone.

const modules = new Map<string, WebAssembly.Module>();

function answer(q: { name: string; bytes: number[]; n?: number }): { ms: number; result?: string } {
  const bytes = new Uint8Array(q.bytes);
  if (q.n === undefined) {
    const began = performance.now();
    new WebAssembly.Module(bytes);
    return { ms: performance.now() - began };
  }
  let module = modules.get(q.name);
  if (module === undefined) modules.set(q.name, module = new WebAssembly.Module(bytes));
  const run = new WebAssembly.Instance(module).exports.run as (n: number) => unknown;
  const began = performance.now();
  const result = run(q.n);
  return { ms: performance.now() - began, result: String(result) };
}

let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  rest += text;
  for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
    console.log(JSON.stringify(answer(JSON.parse(rest.slice(0, end)))));
    rest = rest.slice(end + 1);
  }
}
