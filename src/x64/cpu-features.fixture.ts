import { baselineCpu, type CpuFeatures, cpuFeatures } from './cpu-features.js';

/** SSE4.1, the least that vectors need, and nothing else. */
export const sse41Cpu: CpuFeatures = { ...baselineCpu, sse41: true };

/** A processor that has everything. */
export const fullCpu = Object.fromEntries(cpuFeatures.map((name) => [name, true])) as unknown as CpuFeatures;
