/** One IndexedDB database. iOS may kill its process while the page sleeps: a broken connection is opened again, once a call. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'

export type Database<Schema extends DBSchema> = <T>(work: (db: IDBPDatabase<Schema>) => Promise<T>) => Promise<T>

/** `create` makes the object stores of version 1. */
export function database<Schema extends DBSchema>(name: string, create: (db: IDBPDatabase<Schema>) => void): Database<Schema> {
  let opened: Promise<IDBPDatabase<Schema>> | null = null
  const forget = (): void => { opened = null }
  const connect = (): Promise<IDBPDatabase<Schema>> => {
    opened ??= openDB<Schema>(name, 1, { upgrade: create, terminated: forget }).catch((error: unknown) => {
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
