import { struct } from '../../layout/struct.js';

/** PAGEMAP_SCAN of ioctl(2) on `/proc/self/pagemap` (Linux 6.7): finds pages of a range by what they are. */
export const pagemapScan = 0xc0606610;

/** `struct pm_scan_arg`. */
export const pageScan = struct({
  /** Bytes of this structure. */
  size: 'u64',
  flags: 'u64',
  /** The range: addresses. */
  start: 'u64',
  end: 'u64',
  /** Where the walk has stopped, which it does at the latest at `end`. */
  walkEnd: 'u64',
  /** Address of an array of `pageRegion`, and how many there is room for. */
  regions: 'u64',
  regionCount: 'u64',
  /** Pages that are reported at most; 0: all. */
  maxPages: 'u64',
  /** These categories count as theirs where they are not. */
  inverted: 'u64',
  /** Pages must have all these categories, … */
  allOf: 'u64',
  /** … and one of these. */
  anyOf: 'u64',
  /** What regions are told apart by. */
  returned: 'u64',
});

/** `struct page_region`: neighbouring pages, addresses. */
export const pageRegion = struct({ start: 'u64', end: 'u64', categories: 'u64' });

/** What pages are. */
export const PageCategory = {
  /** Of a file, or shared: not a copy that this process has made. */
  file: 0x04,
  present: 0x08,
  swapped: 0x10,
  /** The zeros that all processes share. */
  zeros: 0x20,
} as const;
