import { inspectAotFile } from './aot-inspection.js';
import { aotInspectionText } from './aot-inspection-text.js';
import type { InspectArguments } from './arguments.js';
import { coloursOf } from './colours.js';
import { ExitStatus } from './exit-status.js';
import { inspectModule } from './inspection.js';
import { inspectionText } from './inspection-text.js';
import { fileTitle, readProgramFile } from './module-file.js';
import { say, writeOutput } from './output.js';

/** `upshift inspect`: returns the exit status. */
export async function inspect({ file, json }: InspectArguments): Promise<number> {
  const { kind, bytes } = await readProgramFile(file);
  if (kind === 'aot') {
    const inspection = inspectAotFile(file, bytes);
    const text = json
      ? JSON.stringify(inspection, undefined, 2)
      : aotInspectionText(inspection, coloursOf(1));
    writeOutput(`${text}\n`);
    return ExitStatus.success;
  }
  const inspection = inspectModule(file, bytes);
  const text = json ? JSON.stringify(inspection, undefined, 2) : inspectionText(inspection, coloursOf(1));
  writeOutput(`${text}\n`);
  const { error } = inspection;
  if (error === null) return ExitStatus.success;
  say(`${fileTitle(file)}: ${error}`);
  return ExitStatus.failure;
}
