import { Html, html, prose } from "./html.ts";
import { fieldTable, typeLine } from "./schema_view.ts";
import { STYLE } from "./style.ts";

type Json = Record<string, unknown>;

interface Operation {
  method: string;
  path: string;
  id: string;
  tag: string;
  value: Json;
}

/**
 * Renders an OpenAPI description as one page without scripts. Its examples use `origin`, the origin
 * under which the reader opened the page.
 */
export function docsPage(description: Json, about: { env: string; origin: string }): string {
  const info = description["info"] as Record<string, string>;
  const operations = [...operationsOf(description)];
  const tags = description["tags"] as { name: string; description?: string }[];
  const { schemas } = description["components"] as { schemas: Record<string, Json> };
  const title = `${info["title"]} ${info["version"]}`;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <title>${title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="/icon.svg">
        <style>${new Html(STYLE)}</style>
      </head>
      <body>
        <div class="frame">
          <nav aria-label="Contents">${navigation(tags, operations)}</nav>
          <main>
    <h1>${title}</h1><p class="soft">Environment ${about.env}</p>
    <p>${prose(info["description"])}</p>
    <p><a href="/">Live page</a> · <a href="/openapi.json">openapi.json</a> ·
    <a href="/asyncapi.json">asyncapi.json</a> (the stream) · <a href="/v1">index for programs</a></p>
    ${tags.map(({ name, description: sentence }) =>
      html`<h2 id="tag-${name}">${name}</h2><p class="soft">${sentence}</p>${
        operations.filter(({ tag }) => tag === name).map((operation) =>
          operationView(operation, about.origin)
        )
      }`
    )}
    <h2 id="schemas">Schemas</h2>
    ${Object.entries(schemas).map(([name, schema]) => schemaView(name, schema))}
          </main>
        </div>
      </body>
    </html>
  `.text;
}

function* operationsOf(description: Json): Generator<Operation> {
  for (const [path, methods] of Object.entries(description["paths"] as Record<string, Json>)) {
    for (const [method, operation] of Object.entries(methods)) {
      const value = operation as Json;
      const [tag = ""] = value["tags"] as string[];
      yield { method, path, id: String(value["operationId"]), tag, value };
    }
  }
}

function navigation(tags: readonly { name: string }[], operations: readonly Operation[]): Html {
  return html`${
    tags.map(({ name }) =>
      html`<h2>${name}</h2>${
        operations.filter(({ tag }) => tag === name).map(({ id, path }) =>
          html`<a href="#${id}">${path}</a>`
        )
      }`
    )
  }<h2>Reference</h2><a href="#schemas">Schemas</a>`;
}

function operationView({ method, path, id, value }: Operation, origin: string): Html {
  const parameters = value["parameters"] as Json[];
  return html`
    <article
      id="${id}"><h3><span class="method ${method}">${method
        .toUpperCase()}</span>${path}${value["x-role"] &&
        html`<span class="role">${value["x-role"]}</span>`}</h3>
    <p>${value["summary"]}</p>${value["description"] &&
      html`<p class="soft">${prose(value["description"])}</p>`}
    ${parameterTable(parameters)}
    <pre><code>${curlLine(method, origin + path, parameters)}</code></pre>
    ${answerViews(value["responses"] as Record<string, Json>)}</article>
  `;
}

function parameterTable(parameters: readonly Json[]): Html {
  if (parameters.length === 0) return html``;
  return html`<table><tr><th>Parameter</th><th>Type</th><th>Meaning</th></tr>${
    parameters.map(({ name, required, schema, description }) =>
      html`
        <tr>
          <td><code>${name}</code>${required ? "" : " ?"}</td>
          <td>${typeLine(schema as Json)}</td>
          <td>${description}</td>
        </tr>
      `
    )
  }</table>`;
}

/** Returns a command line that runs as it is. */
function curlLine(method: string, url: string, parameters: readonly Json[]): string {
  let address = url;
  const query: string[] = [];
  for (const { name, in: location, required, schema, example } of parameters) {
    const { enum: words } = schema as { enum?: unknown[] };
    const value = encodeURIComponent(String(example ?? words?.[0] ?? ""));
    if (location === "path") address = address.replace(`{${name}}`, value);
    else if (required) query.push(`${name}=${value}`);
  }
  const verb = method === "get" ? "" : `-X ${method.toUpperCase()} `;
  const search = query.length === 0 ? "" : `?${query.join("&")}`;
  // Quoted when a shell would interpret & or ?.
  const quote = search === "" ? "" : "'";
  return `curl -s ${verb}${quote}${address}${search}${quote}`;
}

function answerViews(responses: Readonly<Record<string, Json>>): Html[] {
  return Object.entries(responses).filter(([status]) => /^2|^5/.test(status)).map(
    ([status, { description, content }]) => {
      const [[type, media] = ["", {}]] = Object.entries((content ?? {}) as Record<string, Json>);
      const schema = media["schema"] as Json | undefined;
      const example = media["example"];
      return html`<p><strong>${status}</strong> <span class="soft">${description} ${type}</span> ${
        schema && typeLine(schema)
      }</p>${
        example !== undefined && html`
          <details>
            <summary>Example</summary>
            <pre><code>${JSON.stringify(example, null, 2)}</code></pre>
          </details>
        `
      }`;
    },
  );
}

function schemaView(name: string, schema: Json): Html {
  return html`
    <article
      id="schema-${name}"><h3>${name}</h3><p class="soft">${schema["description"]}</p>${fieldTable(
        schema,
      )}</article>
  `;
}
