export const mainHelp = `Usage: upshift <command> [options]

Runs WebAssembly, as native x86-64 code or by an interpreter.

Commands:
  run [options] <file> [args...]   run a WASI program, or call one exported function
  compile [options] <file>         compile every function; print what became of them

Options:
  -V, --version                    print the version, the tiers, and the LLVM that is found
  -h, --help                       print this help, or that of a command: upshift run --help

A file is a WebAssembly module, in text format if its name ends in .wat.
`;

const llvmHelp = `  --llvm <file>         libLLVM, version 16 to 22; by default UPSHIFT_LLVM, or what is installed
  --opt-level <n>       how much LLVM optimizes: 0 to 3 (default)
  --size-level <n>      how much LLVM prefers small code: 0 (default) to 2`;

export const runHelp = `Usage: upshift run [options] <file> [args...]

Runs a WASI preview 1 program: calls its _start. Everything behind the file is the program's.

Options:
  --env <name=value>    an environment variable for the program (can be repeated); it sees no other
  --dir <host::guest>   a directory of the host that the program may use, under the path guest (can be repeated);
                        host::guest::ro: only read; host alone: under the same path. It sees no other files
  --listen <addr:port>  a TCP socket on which the program accepts connections (can be repeated)
  --invoke <name>       call this exported function instead, with args as its arguments, and print its results
  --stack-size <bytes>  size of the wasm stack, also with a suffix K, M or G
  --tier <name>         how to compile: multi (the Fast JIT at first, LLVM what is hot; default), fast (the
                        Fast JIT alone), llvm (LLVM, everything before the start), interp (not at all: by an
                        interpreter; the default where no machine code can be run)
  --lazy                with --tier=llvm: compile functions at their first calls
${llvmHelp}
  --llvm-threads <n>    threads that compile with LLVM: 1 to 64
  --native-lib <file>   a shared library with functions that the program imports (can be repeated): those that it
                        lists by get_native_lib, and those that --native names
  --native <m.name=sig> import module.name is the C function of that name; the signature says how its arguments
                        are passed, as in 'zlib.crc32=(I*~)I' (can be repeated; docs/native-functions.md)
  --self-check          run the program twice, also by the interpreter, and compare everything it does: 70 is the
                        exit status where there is a difference (if --tier=interp: compared with fast)
  --verbose             say at the end which compilers were at work
  --tier-report         print at the end what was compiled when, by which tier (--tier-report=<file>: as JSON)
  -h, --help            print this help

Exit status: the program's own; 134 if it trapped; 70 if --self-check finds a difference; 1 if the file cannot
be run; 2 for wrong usage.
`;

export const compileHelp = `Usage: upshift compile [options] <file>

Compiles a module's functions with the Fast JIT without running them.

Options:
  --dump <what>         print what the compilers make of the functions, some of: ir (intermediate representation),
                        asm (the Fast JIT's machine code), llvm-ir, llvm-opt (LLVM's IR before and after
                        optimization), llvm-asm; separated by commas
  --function <which>    only this function, by index or name
${llvmHelp}
  -h, --help            print this help

Exit status: 0; 1 if the file cannot be compiled; 2 for wrong usage.
`;
