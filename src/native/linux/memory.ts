/** Protection of pages: PROT_READ, PROT_WRITE, PROT_EXEC. */
export const Protection = { none: 0, readWrite: 3, readExecute: 5 } as const;
export type Protection = (typeof Protection)[keyof typeof Protection];

/** Flags of mmap(2). */
export const MapFlag = {
  shared: 0x01,
  private: 0x02,
  fixed: 0x10,
  anonymous: 0x20,
  noReserve: 0x4000,
} as const;

/** MFD_CLOEXEC of memfd_create(2). */
export const closeOnExec = 1;

/** Bytes of a page. */
export const pageSize = 4096;

/** MADV_DONTNEED and MADV_REMOVE of madvise(2). */
export const Advice = { dontNeed: 4, remove: 9 } as const;

/** MREMAP_MAYMOVE of mremap(2). */
export const mremapMayMove = 1;
