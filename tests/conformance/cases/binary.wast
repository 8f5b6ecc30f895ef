;; The binary format: sections, numbers, and what is malformed in them.

(module binary "\00asm" "\01\00\00\00")
(module $f binary
  "\00asm" "\01\00\00\00"
  "\00\06\04note!" ;; a custom section
  "\01\05\01\60\00\01\7f" "\03\02\01\00"
  "\07\05\01\01\66\00\00"
  "\0a\07\01\05\00\41\ff\00\0b")
(assert_return (invoke $f "f") (i32.const 127))

(assert_malformed (module binary "") "unexpected end")
(assert_malformed (module binary "\00wasm\01\00\00") "magic header not detected")
(assert_malformed (module binary "\00asm" "\02\00\00\00") "unknown binary version")
(assert_malformed (module binary "\00asm" "\01\00\00\00" "\0e\00") "malformed section id")
(assert_malformed (module binary "\00asm" "\01\00\00\00" "\01\04\01\60\00") "length out of bounds")
(assert_malformed (module binary "\00asm" "\01\00\00\00" "\03\02\01\00" "\01\04\01\60\00\00") "unexpected content after last section")
(assert_malformed (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\00\00") "section size mismatch")
(assert_malformed (module binary "\00asm" "\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00") "function and code section have inconsistent lengths")
(assert_malformed (module binary "\00asm" "\01\00\00\00" "\01\04\01\60\00\00" "\01\04\01\60\00\00") "unexpected content after last section")
(assert_malformed (module binary "\00asm" "\01\00\00\00" "\00\03\02\c3\28") "malformed UTF-8 encoding")
(assert_malformed (module binary "\00asm" "\01\00\00\00" "\05\03\01\09\01") "malformed limits flags")
(assert_malformed (module binary "\00asm" "\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\05\01\03\00\ff\0b") "illegal opcode")
(assert_malformed (module binary "\00asm" "\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\0b\01\09\00\41\80\80\80\80\10\1a\0b") "integer too large")
(assert_malformed (module binary "\00asm" "\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\0c\01\0a\00\41\80\80\80\80\80\00\1a\0b") "integer representation too long")
