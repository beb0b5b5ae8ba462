/* The tests of typed-references.test.ts where functions are interpreted. */
import { configureWebAssembly } from '../../src/api/agent.js';

configureWebAssembly({ tier: 'interp' });
await import('./typed-references.test.js');
