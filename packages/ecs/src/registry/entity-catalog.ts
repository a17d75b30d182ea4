import type { AnyEntityClass } from "../entity/entity.ts";
import { resolveTarget } from "../definition/ref.ts";
import { Stateful } from "../entity/stateful.ts";
import { EntityError } from "../errors/entity-error.ts";

function isEntityClass(value: unknown): value is AnyEntityClass {
  return typeof value === "function" && value.prototype instanceof Stateful;
}

/** Gives the class that a field refers to or points at. */
function classThat(target: () => unknown, schema: "ref" | "backref", path: string): AnyEntityClass {
  let referred: unknown;
  try {
    referred = resolveTarget(target, schema);
  } catch (cause) {
    throw new EntityError("invalid_definition", `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (isEntityClass(referred)) return referred;
  throw new EntityError("invalid_definition", `${path}: ${schema}() leads to something that is no entity class`);
}

/** The classes that a registry can make entities of, by the name they are stored under. */
export class EntityCatalog {
  readonly #classes = new Map<string, AnyEntityClass>();
  readonly #known = new WeakSet<AnyEntityClass>();

  /**
   * Adds classes and all that their fields can refer to; when one of them is refused, none.
   *
   * @throws {EntityError} `duplicate_entity` when another class has the name, `invalid_definition` when a reference leads nowhere.
   */
  add(...entityClasses: readonly AnyEntityClass[]): void {
    const open = entityClasses.filter((entityClass) => !this.#known.has(entityClass));
    const added = new Map<string, AnyEntityClass>();
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { name, fields } = next.definition;
      const other = this.#classes.get(name) ?? added.get(name);
      if (other === next) continue;
      if (other !== undefined) {
        throw new EntityError(
          "duplicate_entity",
          `two classes are called "${name}": give each entity a name of its own, and each definition one class`,
        );
      }
      for (const field of fields) {
        for (const target of field.targets) open.push(classThat(target, "ref", field.path));
        for (const target of field.backrefTargets) classThat(target, "backref", field.path);
      }
      added.set(name, next);
    }
    for (const [name, entityClass] of added) {
      this.#classes.set(name, entityClass);
      this.#known.add(entityClass);
    }
  }

  /** @throws {EntityError} `unknown_type` */
  get(name: string): AnyEntityClass {
    const entityClass = this.#classes.get(name);
    if (entityClass === undefined) {
      throw new EntityError(
        "unknown_type",
        `the store holds a "${name}", but no class of that name is known: pass it in the registry's option "entities"`,
      );
    }
    return entityClass;
  }

  /** The class of a name; `undefined` when none is known. */
  find(name: string): AnyEntityClass | undefined {
    return this.#classes.get(name);
  }

  /** The given thing, if it is a class that is known; `null` otherwise. */
  entityClass(target: unknown): AnyEntityClass | null {
    return isEntityClass(target) && this.#known.has(target) ? target : null;
  }

  /** The names of all classes. */
  names(): string[] {
    return Array.from(this.#classes.keys());
  }

  /** The names of a class and of the known classes that extend it. */
  namesWithin(entityClass: AnyEntityClass): string[] {
    return Array.from(this.#classes)
      .filter(([, known]) => known === entityClass || known.prototype instanceof entityClass)
      .map(([name]) => name);
  }
}
