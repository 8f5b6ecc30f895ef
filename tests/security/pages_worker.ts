// A Worker of pages_test.ts.

import { watchPages } from "./pages.ts";

(globalThis as unknown as Worker).postMessage(watchPages());
