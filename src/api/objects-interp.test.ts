/* The tests of objects.test.ts where functions are interpreted. */
import { configureWebAssembly } from './agent.js';

configureWebAssembly({ tier: 'interp' });
await import('./objects.test.js');
