/** What `postgres.ts` loads by its name: compiled programs and images get it by this file. @module */
import "postgres";
