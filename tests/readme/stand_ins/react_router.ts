/** As much of a route of TanStack Start's as the docs have. */
interface RouteOptions {
  readonly server: {
    readonly handlers: {
      readonly ANY: (context: { readonly request: Request }) => Promise<Response>;
    };
  };
}

/** In place of `@tanstack/react-router`, whose server brings 400 MB: gives what it was given. */
export function createFileRoute(path: string): (options: RouteOptions) => {
  readonly path: string;
  readonly options: RouteOptions;
} {
  return (options) => ({ path, options });
}
