/** Returns `port` with some members replaced. */
export function withMembers<T extends object>(port: T, members: Partial<T>): T {
  return new Proxy(port, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      // Private fields belong to the target: getters and methods must not run on the proxy.
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
