/** The database was closed by this process. */
export class DatabaseClosed extends Error {
  constructor(where: string) {
    super(`${where} was closed`);
  }
}
