import { section } from './opcode-row.js';

const traps = { traps: true } as const;

/** The instructions after the prefix 0xFC (spec 2.0, section 5.4): a sub-opcode, and what follows it. */
export const miscRows = [
  ...section({ kind: 'cvtop', feature: 'nontrapping-fptoint' }, [
    [0x00, 'i32.trunc_sat_f32_s', [], 'f32 -> i32'],
    [0x01, 'i32.trunc_sat_f32_u', [], 'f32 -> i32'],
    [0x02, 'i32.trunc_sat_f64_s', [], 'f64 -> i32'],
    [0x03, 'i32.trunc_sat_f64_u', [], 'f64 -> i32'],
    [0x04, 'i64.trunc_sat_f32_s', [], 'f32 -> i64'],
    [0x05, 'i64.trunc_sat_f32_u', [], 'f32 -> i64'],
    [0x06, 'i64.trunc_sat_f64_s', [], 'f64 -> i64'],
    [0x07, 'i64.trunc_sat_f64_u', [], 'f64 -> i64'],
  ]),
  ...section({ kind: 'memory', feature: 'bulk-memory' }, [
    [0x08, 'memory.init', ['data', 'memory'], 'i32 i32 i32 ->', traps],
    [0x09, 'data.drop', ['data'], '->'],
    [0x0a, 'memory.copy', ['memory', 'memory'], 'i32 i32 i32 ->', traps],
    [0x0b, 'memory.fill', ['memory'], 'i32 i32 i32 ->', traps],
  ]),
  ...section({ kind: 'table', feature: 'bulk-memory' }, [
    [0x0c, 'table.init', ['elem', 'table'], 'i32 i32 i32 ->', traps],
    [0x0d, 'elem.drop', ['elem'], '->'],
    [0x0e, 'table.copy', ['table', 'table'], 'i32 i32 i32 ->', traps],
  ]),
  ...section({ kind: 'table', feature: 'reference-types' }, [
    [0x0f, 'table.grow', ['table']],
    [0x10, 'table.size', ['table'], '-> i32'],
    [0x11, 'table.fill', ['table'], undefined, traps],
  ]),
] as const;
