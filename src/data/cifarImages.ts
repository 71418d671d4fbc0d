/** Bytes of one CIFAR image: the 32x32 red, green and blue planes. */
export const CIFAR_IMAGE_BYTES = 3072;

/** The classes of CIFAR-10; a label is an index into them. */
export const CIFAR10_CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

/** Labelled images, in the order of the original data set. */
export interface LabelledImages {
  /** n * 3072 bytes: each image as its red, green and blue planes, ready to be an `application/x-cifar` payload. */
  readonly images: Uint8Array;
  /** n indices into the class names. */
  readonly labels: Uint8Array;
}

/** A data set of CIFAR-like images, split as published. */
export interface ImageDataset {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  readonly classNames: readonly string[];
}
