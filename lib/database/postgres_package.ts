/** Import of the package that `postgres.ts` loads by name, for compiled programs and images. @module */
import "postgres";
