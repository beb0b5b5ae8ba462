import { registerWebAssembly } from './registration.js';

// node --import upshift/register app.mjs
registerWebAssembly(import.meta.url);
