/** Of npm's `htm`, whose own types stand in a file that is read as CommonJS. */
declare const htm: {
  bind<Element>(
    create: (type: never, props: never, ...children: never[]) => Element,
  ): (strings: TemplateStringsArray, ...values: unknown[]) => Element | Element[];
};
export default htm;
