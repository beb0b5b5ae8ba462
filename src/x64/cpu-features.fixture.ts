import { type CpuFeatures, cpuFeatures } from './cpu-features.js';

/** A processor that has everything. */
export const fullCpu = Object.fromEntries(cpuFeatures.map((name) => [name, true])) as unknown as CpuFeatures;
