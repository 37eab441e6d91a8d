/** Gives what `map` has for `key`, made where it has nothing. */
export function remember<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
