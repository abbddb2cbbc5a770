#!/usr/bin/env node
// Builds src/Dossier.Core/Models/Catalogue/catalogue.json. Deterministic: the same inputs give the same bytes.
//
//   npm pack llm-zoo@1.37.0 && tar xzf llm-zoo-1.37.0.tgz        (MIT; facts only)
//   curl -o models-dev.json https://models.dev/api.json          (MIT; facts only)
//   node eng/catalogue/build.mjs --llm-zoo package --models-dev models-dev.json
//
// extras.json beside this file holds what neither source has, and the versions and dates of the sources: set them there
// when a source is newer, and its own date when its facts change. readings.json holds what the vendors' own pages say, with the day and
// the pages, and says where that was read as others quote it; it wins over everything, and a fact that is null there is unknown.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: args } = parseArgs({
  options: {
    "llm-zoo": { type: "string" },
    "models-dev": { type: "string" },
    out: { type: "string", default: path.join(here, "../../src/Dossier.Core/Models/Catalogue/catalogue.json") },
  },
});
if (!args["llm-zoo"] || !args["models-dev"]) {
  console.error("usage: node build.mjs --llm-zoo DIRECTORY --models-dev FILE [--out FILE]");
  process.exit(2);
}

const extras = JSON.parse(fs.readFileSync(path.join(here, "extras.json"), "utf8"));
const readings = JSON.parse(fs.readFileSync(path.join(here, "readings.json"), "utf8"));
const { version } = JSON.parse(fs.readFileSync(path.join(args["llm-zoo"], "package.json"), "utf8"));
if (version !== extras.inputs["llm-zoo"].version) {
  console.error(`llm-zoo is ${version}, extras.json says ${extras.inputs["llm-zoo"].version}: set version and date there.`);
  process.exit(1);
}
const zoo = await import(pathToFileURL(path.resolve(args["llm-zoo"], "dist/index.js")).href);
const modelsDev = JSON.parse(fs.readFileSync(args["models-dev"], "utf8"));

const sources = {
  dossier: { name: "Dossier", date: extras.date },
  "llm-zoo": { name: `llm-zoo ${version}`, date: extras.inputs["llm-zoo"].date },
  "llm-zoo+anthropic": {
    name: `llm-zoo ${version}, cache writes at 1.25 and 2 x input as Anthropic's price list says`,
    date: extras.inputs["llm-zoo"].date,
  },
  "models.dev+anthropic": {
    name: "models.dev, cache writes for an hour at 2 x input as Anthropic's price list says",
    date: extras.inputs["models.dev"].date,
  },
  "models.dev": { name: "models.dev", date: extras.inputs["models.dev"].date },
};
// What the vendors' own documentation says, as extras.json and readings.json have it.
for (const vendor of ["anthropic", "cohere", "google", "groq", "mistral", "openai", "xai"])
  sources[vendor] = { name: `documentation of ${vendor} (as quoted by others)`, date: extras.inputs.vendors[vendor] ?? extras.inputs.vendors.date };
for (const [index, reading] of readings.entries()) {
  reading.key = `${reading.vendor}-${index + 1}`;
  sources[reading.key] = { name: `documentation of ${reading.vendor}${reading.note ? ` (${reading.note})` : ""}`, date: reading.date };
}

// llm-zoo's name of a provider -> ours; what is not here is not a vendor that is called directly.
const providers = {
  anthropic: "anthropic",
  dashscope: "dashscope",
  deepseek: "deepseek",
  glm: "zai",
  google: "google",
  meta: "meta",
  minimax: "minimax",
  moonshot: "moonshot",
  openai: "openai",
  xai: "xai",
};
// Ours -> models.dev's, where they differ.
const modelsDevNames = { dashscope: "alibaba", moonshot: "moonshotai", meta: "llama", together: "togetherai" };

const modalityNames = ["text", "image", "audio", "video", "pdf"];
const modalities = (names) => modalityNames.filter((name) => names.includes(name));
const limit = (tokens) => (Number.isInteger(tokens) && tokens > 0 && tokens < 99_000_000 ? tokens : undefined);
const price = (amount) => (amount > 0 ? Number(amount.toFixed(6)) : undefined);
const smaller = (a, b) => (a === undefined ? b : b === undefined ? a : Math.min(a, b));
const text = (name) => name.replace(/\s+/g, " ").trim();

/** A date of the form YYYY-MM-DD or YYYY-MM (then its first day); undefined for one that no calendar has. */
function date(value) {
  const match = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(value ?? "");
  if (!match) return undefined;
  const iso = `${match[1]}-${match[2]}-${match[3] ?? "01"}`;
  const parsed = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(parsed.valueOf()) && parsed.toISOString().startsWith(iso) ? iso : undefined;
}

/** How reasoning is steered, as models.dev lists it; undefined when it lists nothing. */
function reasoningOptions(options) {
  const found = {};
  for (const option of options ?? []) {
    if (option.type === "effort") found.efforts = (option.values ?? []).filter((effort) => effort);
    else if (option.type === "toggle") found.can_be_off = true;
    else if (option.type === "budget_tokens") Object.assign(found, { min_budget_tokens: limit(option.min), max_budget_tokens: limit(option.max) });
  }
  return Object.values(found).some((value) => value !== undefined) ? found : undefined;
}

/** The record of models.dev in our words; the parts that it does not say are undefined. */
function fromModelsDev(provider, ids) {
  const entry = ids.map((id) => modelsDev[modelsDevNames[provider] ?? provider]?.models?.[id]).find((found) => found);
  if (!entry) return undefined;
  const embeds = /embed/.test(entry.id);
  const context = limit(entry.limit?.context);
  const output = embeds ? undefined : limit(entry.limit?.output);
  const cost = entry.cost ?? {};
  // "context_over_200k" also stands for other thresholds; the tiers say which.
  const tiers = (cost.tiers ?? [])
    .filter((tier) => tier.tier?.type === "context")
    .map((tier) => ({ above_input_tokens: tier.tier.size, ...prices(tier) }))
    .sort((a, b) => a.above_input_tokens - b.above_input_tokens);
  const flags = {
    structured_output: entry.structured_output,
    temperature: entry.temperature,
    tools: entry.tool_call,
    reasoning: entry.reasoning,
    embeddings: embeds || undefined,
  };
  return {
    display_name: text(entry.name),
    context_tokens: context,
    max_input_tokens: limit(entry.limit?.input),
    max_output_tokens: context !== undefined && output > context ? undefined : output,
    input_modalities: modalities(entry.modalities.input),
    output_modalities: embeds ? [] : modalities(entry.modalities.output),
    flags,
    reasoning_options: reasoningOptions(entry.reasoning_options),
    price: { ...prices(cost), ...(tiers.length ? { tiers } : {}) },
    life_cycle: entry.status === "deprecated" ? "deprecated" : entry.status || /preview/.test(entry.id) ? "preview" : "active",
    released_on: date(entry.release_date),
    knowledge_cutoff: date(entry.knowledge),
  };
}

function prices(cost) {
  return {
    input: price(cost.input),
    cached_input: price(cost.cache_read),
    // A write costs more than plain input wherever it has a price of its own; less is a slip of the pen.
    cache_write: cost.cache_write >= cost.input ? price(cost.cache_write) : undefined,
    cache_write_1h: undefined,
    audio_input: price(cost.input_audio),
    output: price(cost.output),
    reasoning: price(cost.reasoning),
    audio_output: price(cost.output_audio),
  };
}

/** Whether llm-zoo has this fact from a reseller, and models.dev from the vendor. */
const prefersModelsDev = (provider, id, fact) => extras.preferModelsDev[fact]?.includes(`${provider}/${id}`);

/** One model of llm-zoo (all variants that it lists under one id), with what models.dev adds. */
function fromZoo(provider, variants) {
  const main = variants.find((v) => !v.serviceTier && !v.reasoningMode && !v.name.endsWith("T")) ?? variants[0];
  const has = (capability) => variants.some((v) => v.capabilities[capability]);
  const retired = variants.every((v) => v.retired);
  const short = variants.map((v) => v.shortName).find((name) => name !== main.fullName);
  // Anthropic's older ids carry their date: what is left without it is no id that the API knows.
  const dated = provider === "anthropic" && /^claude-(3|opus-4-2|sonnet-4-2)/.test(main.fullName);
  const suffixed = /-(preview|vision)$/.test(short ?? "") && provider !== "openai";
  const renamed = short && /^gpt-5\.6$/.test(short);
  const id = !short || dated || suffixed || renamed ? main.fullName : short;
  const other = fromModelsDev(provider, [id, main.fullName]);
  const own = {};
  const taken = [];
  const also = (fact, value) => {
    if (value === undefined) return undefined;
    taken.push(fact);
    return value;
  };

  const label = text(main.label.replace(/ \((Thinking|Limited Availability)\)$/, ""));
  own.display_name = provider === "anthropic" && !label.startsWith("Claude ") ? `Claude ${label}` : label;
  own.aliases = [...new Set([main.fullName, renamed || suffixed ? short : undefined])].filter((alias) => alias && alias !== id);
  // Of two limits the smaller holds by both sources. A retired model's record in models.dev may be its successor's.
  const agrees = other && !retired;
  const sound = main.maxOutputTokens <= main.contextWindow;
  own.context_tokens = smaller(sound ? limit(main.contextWindow) : undefined, agrees ? other.context_tokens : undefined);
  own.max_input_tokens = also("max_input_tokens", other?.max_input_tokens);
  own.max_output_tokens = prefersModelsDev(provider, id, "max_output_tokens")
    ? also("max_output_tokens", other.max_output_tokens)
    : smaller(sound ? limit(main.maxOutputTokens) : undefined, agrees ? other.max_output_tokens : undefined);
  // Either source leaves out modalities that the other has seen; neither lists one that is not there.
  own.input_modalities = modalities([
    "text",
    ...(has("supportsVision") ? ["image"] : []),
    ...(has("supportsNativePdf") ? ["pdf"] : []),
    ...(has("supportsNativeAudio") ? ["audio"] : []),
    ...(extras.video.includes(provider) && has("supportsVision") ? ["video"] : []),
    ...(other?.input_modalities ?? []),
  ]);
  own.output_modalities = other?.output_modalities ?? ["text"];
  own.flags = {
    tools: has("supportsFunctionCalling"),
    reasoning: has("supportsReasoning"),
    system_prompt: main.capabilities.supportsSystemPrompt,
    // "No" is llm-zoo's default here, so only "yes" is a fact.
    prompt_caching: has("supportsPromptCaching") || has("supportsAutoPromptCaching") || other?.price.cached_input !== undefined || undefined,
    structured_output: also("structured_output", other?.flags.structured_output),
    temperature: also("temperature", other?.flags.temperature),
  };
  const efforts = main.capabilities.supportedReasoningEfforts;
  own.reasoning_options = efforts ? { efforts } : also("reasoning_options", other?.reasoning_options);
  // llm-zoo is the newer of the two; where both name the same base prices, models.dev adds tiers and exact cache prices.
  const samePrice = other && other.price.input === price(main.inputPrice) && other.price.output === price(main.outputPrice);
  if (samePrice || prefersModelsDev(provider, id, "price")) {
    own.price = also("price", other.price.input === undefined ? undefined : other.price);
  } else {
    const cached = own.flags.prompt_caching && main.capabilities.cacheDiscountFactor < 1;
    own.price = {
      input: price(main.inputPrice),
      cached_input: cached ? price(main.inputPrice * main.capabilities.cacheDiscountFactor) : undefined,
      cache_write: provider === "anthropic" ? price(main.inputPrice * 1.25) : undefined,
      cache_write_1h: undefined,
      output: price(main.outputPrice),
    };
  }
  // "Deprecated" there means that a newer model exists, not that the maker has announced an end.
  own.life_cycle = retired ? "end_of_life" : /preview|-beta$|-exp$/.test(main.fullName) ? "preview" : "active";
  own.released_on = also("released_on", other?.released_on);
  own.knowledge_cutoff = also("knowledge_cutoff", other?.knowledge_cutoff);
  const priceSource = provider === "anthropic" && !taken.includes("price") ? { "llm-zoo+anthropic": ["price"] } : {};
  return { provider, id, ...own, source: "llm-zoo", sources: { ...(taken.length ? { "models.dev": taken } : {}), ...priceSource } };
}

const groups = new Map();
for (const model of Object.values(zoo.MODEL_CONFIGS)) {
  const provider = providers[model.provider];
  if (!provider || model.openRouterOnly || extras.exclude.includes(`${provider}/${model.fullName}`)) continue;
  const key = `${provider}/${model.fullName}`;
  groups.set(key, [...(groups.get(key) ?? []), model]);
}
const models = [...groups].map(([key, variants]) => fromZoo(key.slice(0, key.indexOf("/")), variants));
for (const [provider, ids] of Object.entries(extras.fromModelsDev)) {
  for (const id of ids) {
    const found = fromModelsDev(provider, [id]);
    if (!found) throw new Error(`${provider}/${id} is not in models.dev: take it off extras.json.`);
    models.push({ provider, id, ...found, source: "models.dev", sources: {} });
  }
}

const nameOf = (model) => `${model.provider}/${model.id}`;
const known = new Set([...models, ...extras.models].map(nameOf));
for (const { vendor: provider, key, models: read } of readings)
  for (const [id, { yes = [], no = [], ...facts }] of Object.entries(read))
    if (!known.has(`${provider}/${id}`)) {
      const flags = Object.fromEntries([...yes.map((feature) => [feature, true]), ...no.map((feature) => [feature, false])]);
      const model = { provider, id, output_modalities: ["text"], flags, life_cycle: "active", ...facts, source: key, sources: {} };
      models.push(model);
      known.add(nameOf(model));
    }

for (const model of models) {
  const name = nameOf(model);
  const ours = [];
  const add = (fact, value) => {
    model[fact] = value;
    ours.push(fact);
  };
  if (extras.aliases[name]) model.aliases = [...new Set([...(model.aliases ?? []), ...extras.aliases[name]])];
  if (extras.replacements[name]) add("replacement", extras.replacements[name]);
  const flag = (fact, value) => {
    model.flags[fact] = value;
    ours.push(fact);
  };
  if (model.output_modalities.includes("text")) {
    if (!extras.noStreaming.includes(name)) flag("streaming", true);
    if (extras.structuredOutput.includes(name)) flag("structured_output", true);
    const json = extras.jsonMode[model.provider];
    if (json === "always" || (json === "with structured output" && model.flags.structured_output)) flag("json_mode", true);
  }
  if (ours.length) model.sources.dossier = ours;
  addVendorFacts(name, model);
  forget(model, extras.unknown[name] ?? []);
  // No source has the price of writes for an hour. Anthropic's price list: twice the price of input.
  if (model.provider === "anthropic") {
    for (const prices of [model.price, ...(model.price?.tiers ?? [])])
      if (prices?.cache_write !== undefined) prices.cache_write_1h = price(prices.input * 2);
    if (model.price?.cache_write_1h !== undefined && model.sources["models.dev"]?.includes("price")) attribute(model, "models.dev+anthropic", ["price"]);
  }
  // A model knows nothing of what came after it: the date is then that of a later model under the same name.
  if (model.knowledge_cutoff > model.released_on) delete model.knowledge_cutoff;
}

/** What the vendor's documentation says of all its models, of those that reason, of embeddings, and of their ends. */
function addVendorFacts(name, model) {
  const facts = [];
  const add = (fact, value) => {
    model[fact] = value;
    facts.push(fact);
  };
  const flag = (features, value) => {
    for (const feature of features ?? []) {
      model.flags[feature] = value;
      facts.push(feature);
    }
  };
  const requests = extras.requests[model.provider] ?? {};
  if (model.output_modalities.includes("text")) {
    flag(requests.yes, true);
    flag(requests.no, false);
    if (model.flags.reasoning) flag(extras.reasoningTakesNo[model.provider], false);
    else if (model.flags.reasoning === false) flag(extras.otherwiseTakes[model.provider], true);
    // Where sampling is not up to the caller, no part of it is.
    if (model.provider === "anthropic" && model.flags.temperature !== undefined) flag(["top_p"], model.flags.temperature);
  }
  if (model.input_modalities.includes("image") && requests.media_types) {
    add("media_types", [...requests.media_types, ...(model.input_modalities.includes("pdf") ? ["application/pdf"] : [])]);
    // Anthropic takes 100 images with a window of 200,000 tokens, and 600 with a larger one.
    const many = model.provider === "anthropic" && model.context_tokens > 200_000 ? { max_images: 600 } : {};
    if (requests.image_limits) add("image_limits", { ...requests.image_limits, ...many });
  }
  if (extras.embeddings[name]) {
    add("embedding_dimensions", extras.embeddings[name][0]);
    flag(["shorter_embeddings"], extras.embeddings[name][1]);
  }
  if (extras.lifeCycles[name]) {
    for (const [fact, value] of Object.entries(extras.lifeCycles[name])) add(fact, value);
    add("life_cycle", "end_of_life");
  }
  attribute(model, sources[model.provider] ? model.provider : "dossier", facts);
}

/** Says where facts come from. A fact has one source: the last that says it. */
function attribute(model, source, facts) {
  for (const [other, others] of Object.entries(model.sources)) {
    model.sources[other] = others.filter((fact) => !facts.includes(fact));
    if (model.sources[other].length === 0) delete model.sources[other];
  }
  if (facts.length && source !== model.source) model.sources[source] = [...(model.sources[source] ?? []), ...facts];
}

function forget(model, facts) {
  for (const fact of facts) delete model[fact];
  attribute(model, model.source, facts);
}

// What the vendors' pages say, of whichever source the model is.
const everything = [...models, ...extras.models];
for (const { vendor, key, models: read } of readings)
  for (const [id, { yes = [], no = [], ...facts }] of Object.entries(read)) {
    const model = everything.find((candidate) => candidate.provider === vendor && candidate.id === id);
    model.sources ??= {};
    model.flags ??= {};
    for (const feature of yes) model.flags[feature] = true;
    for (const feature of no) model.flags[feature] = false;
    const said = Object.keys(facts).filter((fact) => facts[fact] !== null);
    for (const fact of said) model[fact] = facts[fact];
    attribute(model, key, [...said, ...yes, ...no].filter((fact) => fact !== "display_name"));
    forget(model, Object.keys(facts).filter((fact) => facts[fact] === null));
  }

const order = [
  "provider",
  "id",
  "display_name",
  "aliases",
  "context_tokens",
  "max_input_tokens",
  "max_output_tokens",
  "input_modalities",
  "output_modalities",
  "yes",
  "no",
  "reasoning_options",
  "embedding_dimensions",
  "media_types",
  "image_limits",
  "price",
  "life_cycle",
  "replacement",
  "deprecated_on",
  "end_of_life_on",
  "released_on",
  "knowledge_cutoff",
  "source",
  "sources",
];
const empty = (value) => value === undefined || (typeof value === "object" && Object.keys(value).length === 0);
function written(model) {
  const features = Object.entries(model.flags ?? {});
  const named = {
    ...model,
    price: model.price && Object.values(model.price).some((amount) => amount !== undefined) ? model.price : undefined,
    yes: model.yes ?? features.filter(([, value]) => value === true).map(([fact]) => fact).sort(),
    no: model.no ?? features.filter(([, value]) => value === false).map(([fact]) => fact).sort(),
  };
  return Object.fromEntries(order.filter((fact) => fact === "output_modalities" || !empty(named[fact])).map((fact) => [fact, named[fact]]));
}

const lines = everything
  .sort((a, b) => (`${a.provider}/${a.id}` < `${b.provider}/${b.id}` ? -1 : 1))
  .map((model) => "    " + JSON.stringify(written(model)));
const sourceLines = Object.entries(sources).map(([key, source]) => `    ${JSON.stringify(key)}: ${JSON.stringify(source)}`);
fs.writeFileSync(
  args.out,
  `{\n  "schema": 1,\n  "date": "${extras.date}",\n  "sources": {\n${sourceLines.join(",\n")}\n  },\n  "models": [\n${lines.join(",\n")}\n  ]\n}\n`,
);
console.log(`${lines.length} models of ${new Set(everything.map((model) => model.provider)).size} providers`);
