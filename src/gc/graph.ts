// Graphs of what keeps what alive: nodes in the order in which a breadth-first search found them, so that parents give shortest paths, and dominators, which give retained sizes.
// Takes nodes and edges from whoever can enumerate them; knows nothing of objects.

/** A list of integers that grows. */
class Words {
  words: Int32Array<ArrayBuffer> = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.words.length) {
      const more = new Int32Array(2 * this.length);
      more.set(this.words);
      this.words = more;
    }
    this.words[this.length++] = value;
  }
}

/** A directed graph whose node 0 is the root; all others are reached from it. */
export class Graph {
  readonly #first = new Words();
  readonly #end = new Words();
  readonly #edges = new Words();
  readonly #parents = new Words();

  constructor() {
    this.add(-1);
  }

  /** Nodes so far. */
  get size(): number {
    return this.#parents.length;
  }

  /** Adds a node that was found from `parent`; gives its number. */
  add(parent: number): number {
    this.#parents.push(parent);
    this.#first.push(0);
    this.#end.push(0);
    return this.#parents.length - 1;
  }

  /** The edges of `node` are those that `connect()` is told of from now on. */
  begin(node: number): void {
    this.#first.words[node] = this.#end.words[node] = this.#edges.length;
  }
  /** Adds an edge of the node that began last. */
  connect(node: number, to: number): void {
    this.#edges.push(to);
    this.#end.words[node] = this.#edges.length;
  }

  /** The node that a node was found from: the one before it on a shortest path from the root. -1 for the root. */
  parent(node: number): number {
    return this.#parents.words[node];
  }

  /**
   * The immediate dominator of each node, that is the last one that all paths from the root to it have in common; 0 for the root itself. By the algorithm of
   * Lengauer and Tarjan, with path compression, in which nothing recurses.
   */
  dominators(): Int32Array {
    const n = this.size;
    const first = this.#first.words, end = this.#end.words, edges = this.#edges.words;
    // Depth-first numbers begin at 1; 0 means that a node was not visited, or no node.
    const number = new Int32Array(n), vertex = new Int32Array(n + 1), tree = new Int32Array(n + 1);
    let count = 0;
    const next = first.slice(0, n), stack = new Int32Array(n);
    let depth = 0;
    stack[depth++] = 0;
    number[0] = ++count;
    vertex[count] = 0;
    while (depth > 0) {
      const v = stack[depth - 1];
      if (next[v] === end[v]) {
        depth--;
        continue;
      }
      const w = edges[next[v]++];
      if (number[w] !== 0) continue;
      number[w] = ++count;
      vertex[count] = w;
      tree[count] = number[v];
      stack[depth++] = w;
    }
    // Predecessors by depth-first number.
    const from = new Int32Array(count + 2);
    for (let v = 0; v < n; v++) for (let e = first[v]; e < end[v]; e++) from[number[edges[e]] + 1]++;
    for (let i = 1; i < from.length; i++) from[i] += from[i - 1];
    const fill = from.slice(), before = new Int32Array(from[count + 1]);
    for (let v = 0; v < n; v++) for (let e = first[v]; e < end[v]; e++) before[fill[number[edges[e]]]++] = number[v];
    const semi = Int32Array.from({ length: count + 1 }, (_, i) => i), label = semi.slice();
    const ancestor = new Int32Array(count + 1), dom = new Int32Array(count + 1);
    const bucket = new Int32Array(count + 1), link = new Int32Array(count + 1);
    const path = new Int32Array(count + 1);
    const evaluate = (v: number): number => {
      if (ancestor[v] === 0) return v;
      let length = 0;
      for (let u = v; ancestor[ancestor[u]] !== 0; u = ancestor[u]) path[length++] = u;
      while (length > 0) {
        const u = path[--length], a = ancestor[u];
        if (semi[label[a]] < semi[label[u]]) label[u] = label[a];
        ancestor[u] = ancestor[a];
      }
      return label[v];
    };
    for (let w = count; w >= 2; w--) {
      for (let i = from[w]; i < from[w + 1]; i++) {
        const u = evaluate(before[i]);
        if (semi[u] < semi[w]) semi[w] = semi[u];
      }
      link[w] = bucket[semi[w]];
      bucket[semi[w]] = w;
      const parent = tree[w];
      ancestor[w] = parent;
      for (let v = bucket[parent]; v !== 0; v = link[v]) {
        const u = evaluate(v);
        dom[v] = semi[u] < semi[v] ? u : parent;
      }
      bucket[parent] = 0;
    }
    for (let w = 2; w <= count; w++) if (dom[w] !== semi[w]) dom[w] = dom[dom[w]];
    const result = new Int32Array(n);
    for (let w = 2; w <= count; w++) result[vertex[w]] = vertex[dom[w]];
    this.#order = vertex;
    return result;
  }
  /** Nodes in depth-first order, from index 1 on. */
  #order: Int32Array | undefined;

  /** What each node retains: its own size, and those of all nodes that would go with it. `dominators` are those of this graph. */
  retained(sizes: Float64Array, dominators: Int32Array): Float64Array {
    const sums = sizes.slice();
    // A dominator comes before what it dominates.
    for (let i = this.size; i >= 2; i--) {
      const v = this.#order![i];
      sums[dominators[v]] += sums[v];
    }
    return sums;
  }
}
