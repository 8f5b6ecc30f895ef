// The disassembler's library. Heavy, so whoever needs it imports this file dynamically.

export { Capstone, Const, loadCapstone } from "npm:capstone-wasm@1.0.3";
