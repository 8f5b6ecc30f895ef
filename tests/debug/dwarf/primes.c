// Made into primes.wasm by: clang --target=wasm32 -gdwarf-5 -O1 -nostdlib -Wl,--no-entry -fdebug-compilation-dir=. primes.c -o primes.wasm
__attribute__((noinline)) static int is_prime(int n) {
  for (int d = 2; d * d <= n; d++) {
    if (n % d == 0) return 0;
  }
  return n > 1;
}

__attribute__((export_name("count_primes"))) int count_primes(int limit) {
  int count = 0;
  for (int n = 0; n < limit; n++) {
    if (is_prime(n))
      count++;
  }
  return count;
}
