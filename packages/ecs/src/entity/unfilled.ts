/** Given to a constructor in place of fields when an entity is made whose fields are filled afterwards. */
export const unfilled: unique symbol = Symbol("unfilled entity");
