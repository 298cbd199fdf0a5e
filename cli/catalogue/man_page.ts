import { VERSION } from "@ssmd/runtime/build";
import type { Catalogue, CatalogueCommand, CatalogueParameter } from "./catalogue.ts";

/** Manual page of `ssmd` or one of its commands, as roff for `man -l -`. */
export function manPage(catalogue: Catalogue, command?: CatalogueCommand): string {
  const name = pageName(command);
  const { global_flags, exit_codes } = catalogue;
  const codes = Object.entries(exit_codes);
  return [
    `.TH ${name.toUpperCase()} 1 "" "ssmd ${VERSION}" ssmd`,
    ...section("NAME", [`${escaped(`${name} - ${(command ?? catalogue).brief}`)}`]),
    ...section("SYNOPSIS", literal([command?.usage ?? "ssmd <command> [flags] [arguments]"])),
    ...(command === undefined ? contentsOf(catalogue) : partsOf(command)),
    ...section("FLAGS OF EVERY COMMAND", global_flags.flatMap(flag)),
    ...section("EXIT STATUS", codes.flatMap(([code, what]) => item(code, what))),
    ...section("SEE ALSO", [
      command === undefined ? ".B ssmd cheat" : ".BR ssmd (1)",
    ]),
    "",
  ].join("\n");
}

/** Page name without its section: `ssmd-data-export`. */
export function pageName(command?: CatalogueCommand): string {
  return `ssmd ${command?.name ?? ""}`.trim().replaceAll(" ", "-");
}

function contentsOf({ commands }: Catalogue): string[] {
  return section("COMMANDS", commands.flatMap(({ name, brief }) => item(name, brief)));
}

function partsOf(command: CatalogueCommand): string[] {
  const { description, arguments: args, flags, examples } = command;
  // Text with indented lines is kept verbatim.
  const paragraphs = description.split("\n\n").flatMap((text, at) => [
    ...(at === 0 ? [] : [".PP"]),
    ...(/\n\s/.test(text) ? literal(text.split("\n")) : text.split("\n").map(escaped)),
  ]);
  return [
    ...section("DESCRIPTION", paragraphs),
    ...section("ARGUMENTS", args.flatMap((each) => item(`<${each.name}>`, meaning(each)))),
    ...section("FLAGS", flags.flatMap(flag)),
    ...section("EXAMPLES", literal(examples)),
  ];
}

function flag(parameter: CatalogueParameter): string[] {
  const { name, alias, negatable, type, placeholder } = parameter;
  const value = type === "boolean" ? "" : ` <${placeholder ?? type}>`;
  const short = alias === undefined ? "" : `-${alias}, `;
  const other = negatable === true ? `, --no-${name}` : "";
  return item(`${short}--${name}${value}${other}`, meaning(parameter));
}

function meaning({ brief, values, default: fallback, required, repeated }: CatalogueParameter) {
  const more = [
    ...(values === undefined ? [] : [`one of ${values.join(", ")}`]),
    ...(required ? ["required"] : []),
    ...(repeated && !brief.includes("repeated") ? ["may be repeated"] : []),
    ...(fallback === undefined || fallback === false || fallback === ""
      ? []
      : [`default ${fallback}`]),
  ];
  return more.length === 0 ? brief : `${brief} (${more.join("; ")})`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines];
}

function item(term: string, text: string): string[] {
  return [".TP", `\\fB${escaped(term)}\\fR`, ...text.split("\n").map(escaped)];
}

function literal(lines: readonly string[]): string[] {
  return [".nf", ...lines.map(escaped), ".fi"];
}

/** Escapes a line: no character is an instruction, and dashes can be copied. */
function escaped(line: string): string {
  return line.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/, "\\&$1");
}
