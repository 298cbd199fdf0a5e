import type { EventType } from "@ssmd/market";
import type { Builder, BuilderContext, BuilderDefinition } from "../builders/builder.ts";
import { canonicalJson } from "./canonical_json.ts";
import { BuilderSlot } from "./builder_slot.ts";
import { compareInstances } from "./instance_order.ts";
import type { Instance } from "./instance.ts";
import { SlotGroup } from "./slot_group.ts";

interface Made {
  slot: BuilderSlot;
  builder: Builder;
  view: unknown;
}

/** Builders of one market and the instances evaluated after its records. */
export class MarketState {
  /** Builders in the order of application: dependencies first. */
  readonly slots: BuilderSlot[] = [];
  /** Instances with a builder here. */
  readonly instances: Instance[] = [];
  readonly #groups: SlotGroup[] = [];
  readonly #made = new Map<string, Made>();
  readonly #slotsByType = new Map<EventType, BuilderSlot[]>();
  readonly #instancesByType = new Map<EventType, Instance[]>();
  readonly #context: BuilderContext = {
    use: <Of extends Builder>(definition: BuilderDefinition<unknown, Of>) =>
      this.#make(sharedKey(definition), definition).builder as Of,
  };

  /** Returns the builder of a declaration; creates it on first use. */
  builderFor(
    definition: BuilderDefinition<unknown>,
    owner: { signal: string; name: string },
  ): { slot: BuilderSlot; view: unknown } {
    const key = definition.isShared ? sharedKey(definition) : `own\n${owner.signal}\n${owner.name}`;
    return this.#make(key, definition);
  }

  #make(key: string, definition: BuilderDefinition<unknown>): Made {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const { builder, view } = definition.create(this.#context);
    const same = [...this.#made.values()].find((each) => each.builder === builder);
    const slot = same?.slot ?? new BuilderSlot(key, definition, builder);
    if (same === undefined) {
      this.slots.push(slot);
      for (const type of definition.types) listIn(this.#slotsByType, type).push(slot);
    }
    const made = { slot, builder, view };
    this.#made.set(key, made);
    return made;
  }

  /** Returns the group shared by instances with the same builders. */
  groupOf(slots: readonly BuilderSlot[]): SlotGroup {
    const known = this.#groups.find((group) => group.isOf(slots));
    if (known !== undefined) return known;
    const group = new SlotGroup(slots);
    this.#groups.push(group);
    return group;
  }

  /** Evaluates an instance after records of these types. */
  addInstance(instance: Instance, types: Iterable<EventType>): void {
    if (!this.instances.includes(instance)) insert(this.instances, instance);
    for (const type of types) {
      const list = listIn(this.#instancesByType, type);
      if (!list.includes(instance)) insert(list, instance);
    }
  }

  /** Returns the builders that take records of a type. */
  slotsOf(type: EventType): readonly BuilderSlot[] {
    return this.#slotsByType.get(type) ?? NO_SLOTS;
  }

  /** Returns the instances evaluated after records of a type. */
  instancesOf(type: EventType): readonly Instance[] {
    return this.#instancesByType.get(type) ?? NO_INSTANCES;
  }
}

const NO_SLOTS: readonly BuilderSlot[] = [];
const NO_INSTANCES: readonly Instance[] = [];

function insert(list: Instance[], instance: Instance): void {
  list.push(instance);
  list.sort(compareInstances);
}

function listIn<Item>(lists: Map<EventType, Item[]>, type: EventType): Item[] {
  let list = lists.get(type);
  if (list === undefined) lists.set(type, list = []);
  return list;
}

/** Key of a builder that signals share, within its market. */
export function sharedKey({ kind, options }: BuilderDefinition<unknown>): string {
  return `${kind}\n${canonicalJson(options)}`;
}
