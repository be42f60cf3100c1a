/** One IndexedDB database. iOS may kill its process while the page sleeps: a broken connection is opened again, once a call. */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb'

export type Database<Schema extends DBSchema> = <T>(work: (db: IDBPDatabase<Schema>) => Promise<T>) => Promise<T>

/** One version's change of the stores; what devices already keep stays. */
export type Change<Schema extends DBSchema> = (db: IDBPDatabase<Schema>, rows: IDBPTransaction<Schema, StoreNames<Schema>[], 'versionchange'>) => unknown

/** The first of `changes` makes the object stores of version 1, each next one those of a version more. */
export function database<Schema extends DBSchema>(name: string, ...changes: Change<Schema>[]): Database<Schema> {
  let opened: Promise<IDBPDatabase<Schema>> | null = null
  const forget = (): void => { opened = null }
  // An open connection of an older page would keep the new one waiting.
  const blocking = (_old: number, _new: number | null, event: IDBVersionChangeEvent): void => {
    forget()
    ;(event.target as IDBDatabase).close()
  }
  const connect = (): Promise<IDBPDatabase<Schema>> => {
    opened ??= openDB<Schema>(name, changes.length, {
      upgrade: async (db, version, _, rows) => { for (const change of changes.slice(version)) await change(db, rows) },
      blocking, terminated: forget,
    }).catch((error: unknown) => {
      forget()
      throw error
    })
    return opened
  }
  return async (work) => {
    try {
      return await work(await connect())
    } catch (error) {
      if ((error as DOMException).name !== 'InvalidStateError') throw error
      forget()
      return work(await connect())
    }
  }
}
