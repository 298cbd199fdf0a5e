/** `port` with some members replaced; all others stay its own. */
export function withMembers<T extends object>(port: T, members: Partial<T>): T {
  return new Proxy(port, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      // Private fields are the target's: neither getters nor methods may see the proxy.
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
