/** For `node --import`: has any Node process report its peak resident memory at its exit. */
import { report } from './child-report.js';
import { peakResidentBytes } from './process-memory.js';

process.on('exit', () => report('peak', peakResidentBytes() / 1024));
