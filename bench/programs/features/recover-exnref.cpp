/* The same with the instructions of WebAssembly 3.0, try_table and exnref: `build.sh` translates it. */
#include "recover.cpp"
