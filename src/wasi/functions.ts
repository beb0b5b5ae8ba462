import { type FuncType, ValType } from '../wasm/types.js';

/** The module name under which preview 1 is imported. */
export const preview1 = 'wasi_snapshot_preview1';

/** The same for its predecessor. */
export const preview0 = 'wasi_unstable';

/** Versions of WASI, named as `node:wasi` does. */
export type WasiVersion = 'preview1' | 'unstable';

export const moduleNames: Readonly<Record<WasiVersion, string>> = { preview1, unstable: preview0 };

/** The version that a module name means. */
export function versionOfModule(name: string): WasiVersion | undefined {
  if (name === preview1) return 'preview1';
  return name === preview0 ? 'unstable' : undefined;
}

/**
 * Parameters of every function of WASI preview 1: `i` is an i32, `I` an i64. All return an i32, the error
 * number, except `proc_exit`, which returns nothing.
 */
const parameters = {
  args_get: 'ii',
  args_sizes_get: 'ii',
  clock_res_get: 'ii',
  clock_time_get: 'iIi',
  environ_get: 'ii',
  environ_sizes_get: 'ii',
  fd_advise: 'iIIi',
  fd_allocate: 'iII',
  fd_close: 'i',
  fd_datasync: 'i',
  fd_fdstat_get: 'ii',
  fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'iII',
  fd_filestat_get: 'ii',
  fd_filestat_set_size: 'iI',
  fd_filestat_set_times: 'iIIi',
  fd_pread: 'iiiIi',
  fd_prestat_dir_name: 'iii',
  fd_prestat_get: 'ii',
  fd_pwrite: 'iiiIi',
  fd_read: 'iiii',
  fd_readdir: 'iiiIi',
  fd_renumber: 'ii',
  fd_seek: 'iIii',
  fd_sync: 'i',
  fd_tell: 'ii',
  fd_write: 'iiii',
  path_create_directory: 'iii',
  path_filestat_get: 'iiiii',
  path_filestat_set_times: 'iiiiIIi',
  path_link: 'iiiiiii',
  path_open: 'iiiiiIIii',
  path_readlink: 'iiiiii',
  path_remove_directory: 'iii',
  path_rename: 'iiiiii',
  path_symlink: 'iiiii',
  path_unlink_file: 'iii',
  poll_oneoff: 'iiii',
  proc_exit: 'i',
  proc_raise: 'i',
  random_get: 'ii',
  sched_yield: '',
  sock_accept: 'iii',
  sock_recv: 'iiiiii',
  sock_send: 'iiiii',
  sock_shutdown: 'ii',
} as const;

export type WasiFunctionName = keyof typeof parameters;

export const wasiFunctionNames = Object.keys(parameters) as WasiFunctionName[];

/** Whether a version has a function with that name. */
export function isWasiFunctionName(
  name: string,
  version: WasiVersion = 'preview1',
): name is WasiFunctionName {
  return Object.hasOwn(parameters, name) && !(version === 'unstable' && name === 'sock_accept');
}

export function wasiFunctionType(name: WasiFunctionName): FuncType {
  return {
    params: Array.from(parameters[name], (letter) => (letter === 'I' ? ValType.i64 : ValType.i32)),
    results: name === 'proc_exit' ? [] : [ValType.i32],
  };
}
