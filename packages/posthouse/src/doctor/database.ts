import { stat } from 'node:fs/promises'
import { isPosthouseError, reasonOf } from '@posthouse/core'
import { errorHelp } from '@posthouse/core/help'
import { databasePath } from '../data-folder.ts'
import { type Finding, ok, problem } from './finding.ts'
import { mebibytes } from './machine.ts'

/** What is to be said of the messages in a data folder. Nothing is changed, and a hub that uses them is not disturbed. */
export async function databaseFindings(folder: string): Promise<readonly Finding[]> {
  const path = databasePath(folder)
  const { integrityCheck, lockHolder } = await import('@posthouse/store/sqlite')
  try {
    const holder = (await exists(`${path}.lock`)) ? lockHolder(path) : undefined
    const use =
      holder === undefined ? [] : [ok('lock', `the data is in use by ${holder === 0 ? 'a hub' : `process ${holder}`}`)]
    if (!(await exists(path))) return use
    const { problems, version, newestVersion, bytes } = integrityCheck(path)
    const what = `${path}, ${mebibytes(bytes)}, version ${version}`
    if (version > newestVersion) {
      return [...use, problem('messages', `${what}: this program knows ${newestVersion}`, errorHelp.data_too_new)]
    }
    if (problems.length > 0) {
      return [...use, problem('messages', `${what}: ${problems.join('; ')}`, errorHelp.data_damaged)]
    }
    const step = version < newestVersion ? `; a hub will bring it to version ${newestVersion}` : ''
    return [...use, ok('messages', `${what}: whole${step}`)]
  } catch (error) {
    const advice = errorHelp[isPosthouseError(error) ? error.code : 'data_unwritable']
    return [problem('messages', reasonOf(error), advice)]
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
