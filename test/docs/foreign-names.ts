/**
 * Names in prose that others chose and that no code here mentions, by origin. The names of JavaScript and of
 * Node's modules need not be listed.
 */
const byOwner = {
  'files that Linux is made of': 'include/uapi uapi syscall_64 entry_64 sigcontext tbl generic',
  'calls, flags and types of Linux and POSIX':
    'MADV_DONTNEED PAGEMAP_SCAN dirfd clock_getres fadvise timer_create O_PATH RESOLVE_BENEATH RESOLVE_NO_MAGICLINKS ' +
    'RWF_APPEND RWF_NOAPPEND SIGEV_THREAD_ID relatime noatime',
  'a setting of systemd': 'MemoryDenyWriteExecute',
  'commands and packages': 'sudo zshrc libclang rt optional',
  'builtin functions of C compilers': '__builtin_expect',
  'the ABI of C++': 'terminate_handler set_terminate typeid',
  'Node-API': 'napi_env napi_value napi_ref napi_callback_info',
  'later versions of Node': 'markAsUncloneable',
  OpenSSL: 'SHA256_CTX',
  'the JavaScript API and Web IDL': 'AddressType EnforceRange intoCharCodeArray',
  'WASI, in its witx files':
    'lookupflags fstflags ciovec hangup creat symlink_follow path_create_file path_filestat_set_size ' +
    'path_rename_source path_link_ poll_fd_readwrite',
  'LLVM: names in C++, processors, mnemonics':
    'LineTablesOnly SCEVWrapPredicate implies poison sapphirerapids ud1l',
  'fields of ELF (System V gABI)': 'e_machine',
  'Intel: prefixes, families of instructions': 'F2 F3 cmovcc ucomis',
  'the specification of WebAssembly': 'ht',
  'DWARF, with the extensions of GNU': 'DW_CFA_GNU_args_size',
  'folders that programs here make': 'docs/api fuzz/failures',
};

export const foreignNames: readonly string[] = Object.values(byOwner).flatMap((names) => names.split(' '));
