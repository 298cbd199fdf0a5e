/**
 * Lua prelude: keeps the functions it needs, removes the rest, and returns a function that loads a
 * transform (`load`, code) or runs it (`run`, records). Outputs are JSON.
 */
export const LUA_PRELUDE = `
local load, pcall, type, tostring, pairs, select = load, pcall, type, tostring, pairs, select
local concat, format, gsub, byte = table.concat, string.format, string.gsub, string.byte
local floor, mathtype, huge, next, error = math.floor, math.type, math.huge, next, error
local DEPTH_MAX = 64

for _, name in ipairs({ "os", "io", "debug", "load", "loadstring", "loadfile", "dofile", "require",
  "package", "collectgarbage", "print", "warn" }) do _G[name] = nil end
string.dump = nil

local function quoted(text)
  return '"' .. gsub(text, '[%c"\\\\\\127]', function(char) return format("\\\\u%04x", byte(char)) end) .. '"'
end

local jsonOf

local function listOf(value, depth)
  local parts = {}
  for i = 1, #value do parts[i] = jsonOf(value[i], depth) end
  return "[" .. concat(parts, ",") .. "]"
end

jsonOf = function(value, depth)
  local kind = type(value)
  if kind == "string" then return quoted(value) end
  if kind == "boolean" then return tostring(value) end
  if kind == "number" then
    if value ~= value or value == huge or value == -huge then return "null" end
    return mathtype(value) == "integer" and format("%d", value) or format("%.17g", value)
  end
  if kind ~= "table" then error("a " .. kind .. " is neither text nor a table", 0) end
  if depth > DEPTH_MAX then error("its table is too deep, or holds itself", 0) end
  if #value > 0 then return listOf(value, depth + 1) end
  local parts = {}
  for key, each in pairs(value) do
    parts[#parts + 1] = quoted(tostring(key)) .. ":" .. jsonOf(each, depth + 1)
  end
  return "{" .. concat(parts, ",") .. "}"
end

local transform

local function output(record)
  local value = transform(record)
  local kind = type(value)
  if kind == "nil" then return '{"skip":true}' end
  if kind == "string" then return '{"text":' .. quoted(value) .. "}" end
  return '{"json":' .. jsonOf(value, 0) .. "}"
end

local function loadTransform(code)
  local chunk, problem = load(code, "=transform", "t", _G)
  if chunk == nil then error(problem, 0) end
  transform = chunk()
  if type(transform) ~= "function" then error("it returns no function of a record", 0) end
end

local function run(literal)
  local records = load(literal, "=records", "t", {})()
  local results = {}
  for i = 1, #records do
    local ok, text = pcall(output, records[i])
    if not ok then
      local said, shown = pcall(tostring, text)
      text = '{"error":' .. quoted(said and shown or "something that cannot be read was thrown") .. "}"
    end
    results[i] = text
  end
  return "[" .. concat(results, ",") .. "]"
end

return function(task, text)
  if task == "load" then return loadTransform(text) end
  return run(text)
end
`;
