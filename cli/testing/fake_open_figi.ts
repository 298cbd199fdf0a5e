/** OpenFIGI rows: three listings of one share; none for others. */
const IBM = ["BBG000BLNNH6 US", "BBG000BLNNV0 UA", "BBG000BLNPB7 UC"].map((row) => {
  const [figi, exchCode] = row.split(" ");
  return {
    ...{ figi, name: "INTL BUSINESS MACHINES CORP", ticker: "IBM", exchCode },
    ...{ compositeFIGI: "BBG000BLNNH6", securityType: "Common Stock", marketSector: "Equity" },
    ...{ shareClassFIGI: "BBG001S5S399", securityType2: "Common Stock" },
  };
});

interface Query {
  idType?: string;
  idValue?: string;
  exchCode?: string;
}

/** Answers `POST /v3/mapping` like OpenFIGI: rows, "No identifier found.", or an error. */
export async function answerOpenFigi(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname !== "/v3/mapping" || request.method !== "POST") {
    return new Response("Not Found", { status: 404 });
  }
  const queries = await request.json() as Query[];
  if (queries.length > 10) return new Response("Payload Too Large", { status: 413 });
  return Response.json(queries.map(answerOf));
}

function answerOf({ idType, idValue, exchCode }: Query) {
  if (idType === "ID_ISIN" && !/^[A-Z]{2}[A-Z0-9]{9}\d$/.test(idValue ?? "")) {
    return { error: "Invalid idValue format." };
  }
  // One row with a wrong check digit, which must be rejected.
  const wrong = { ...IBM[0], figi: "BBG00QFKJ5L8", compositeFIGI: null, ticker: "BAD" };
  const rows = [...IBM, wrong].filter((row) =>
    (idType === "TICKER"
      ? row.ticker === idValue
      : idType === "ID_ISIN"
      ? idValue === "US4592001014" && row.ticker === "IBM"
      : row.figi === idValue) && (exchCode === undefined || row.exchCode === exchCode)
  );
  return rows.length === 0 ? { warning: "No identifier found." } : { data: rows };
}
