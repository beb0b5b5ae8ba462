export const mainHelp = `Usage: upshift <command> [options]

Runs WebAssembly as native x86-64 code.

Commands:
  run [options] <file> [args...]   run a WASI program, or call one exported function
  compile [options] <file>         compile every function; print what became of them

Options:
  -V, --version                    print the version
  -h, --help                       print this help, or that of a command: upshift run --help

A file is a WebAssembly module, in text format if its name ends in .wat.
`;

export const runHelp = `Usage: upshift run [options] <file> [args...]

Runs a WASI preview 1 program: calls its _start. Everything behind the file is the program's.

Options:
  --env <name=value>    an environment variable for the program (can be repeated); it sees no other
  --invoke <name>       call this exported function instead, with args as its arguments, and print its results
  --stack-size <bytes>  size of the wasm stack, also with a suffix K, M or G
  --tier <name>         how to compile: fast (the Fast JIT, default)
  -h, --help            print this help

Exit status: the program's own; 134 if it trapped; 1 if the file cannot be run; 2 for wrong usage.
`;

export const compileHelp = `Usage: upshift compile [options] <file>

Compiles a module's functions with the Fast JIT without running them.

Options:
  --dump <what>         print the intermediate representation (ir), the machine code (asm), or both (ir,asm)
  --function <which>    only this function, by index or name
  -h, --help            print this help

Exit status: 0; 1 if the file cannot be compiled; 2 for wrong usage.
`;
